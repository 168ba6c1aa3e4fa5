/** A server of the NBD protocol, for any disk and any client, and a client for any server. */
export type { StartTimer } from "../storage/idle_timer.ts";
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
export { type Listener, MAX_CONNECTIONS, NbdServer, type NbdServerOptions } from "./server.ts";
export { StorageDisk, type StorageDiskOptions } from "./storage_disk.ts";
