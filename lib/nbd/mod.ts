/** A server of the NBD protocol: any disk, for any client. And a client: the disk of any server. */
export type { StartTimer } from "../api/mod.ts";
export type {
  DiscardRequest,
  FileSlot,
  FlushRequest,
  Label,
  Operation,
  ReadRequest,
  Request,
  ResizeRequest,
  SizeRequest,
  Turn,
  Wait,
  WriteRequest,
} from "../storage/mod.ts";
export type { ByteStream } from "./byte_stream.ts";
export { NbdClient, type NbdClientOptions } from "./client.ts";
export {
  NbdConnectError,
  NbdDisconnectedError,
  NbdRequestError,
  NbdTimeoutError,
} from "./client_error.ts";
export { type ListenAddress, listenAt, NBD_PORT, type NbdListener } from "./listen.ts";
export { ProtocolError } from "./protocol_error.ts";
export type { ByteOffset, DiskExtent, NbdExport, ServedDisk } from "./served_disk.ts";
export { type Listener, MOST_CONNECTIONS, NbdServer, type NbdServerOptions } from "./server.ts";
export { StorageDisk, type StorageDiskOptions } from "./storage_disk.ts";
