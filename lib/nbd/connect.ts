import { describeError, HostError } from "../storage/host_error.ts";
import type { ByteStream } from "./byte_stream.ts";
import type { ListenAddress } from "./listen.ts";

/**
 * Connect to the server that listens at `address`. Throws {@linkcode HostError} if that fails; its
 * cause is the system's error.
 */
export async function connectTo(address: ListenAddress): Promise<ByteStream> {
  try {
    if (address.kind === "socket") {
      return await Deno.connect({ transport: "unix", path: address.path });
    }
    const { hostname, port } = address;
    const connection = await Deno.connect({ hostname, port });
    // A request must not wait for the reply to the one before.
    connection.setNoDelay(true);
    return connection;
  } catch (error) {
    const place = address.kind === "port"
      ? `port ${address.port} of '${address.hostname}'`
      : `'${address.path}'`;
    throw new HostError(`Cannot connect to ${place}: ${describeError(error)}`, { cause: error });
  }
}
