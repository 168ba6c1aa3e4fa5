/** A server of the NBD protocol, for any disk and any client. */
export { type ListenAddress, listenAt, NBD_PORT, type NbdListener } from "./listen.ts";
export type { ByteOffset, DiskExtent, NbdExport, ServedDisk } from "./served_disk.ts";
export { type Listener, MAX_CONNECTIONS, NbdServer, type NbdServerOptions } from "./server.ts";
export { StorageDisk, type StorageDiskOptions } from "./storage_disk.ts";
