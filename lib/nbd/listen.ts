import { describeError, HostError } from "../storage/host_error.ts";
import type { ByteStream } from "./byte_stream.ts";
import type { Listener } from "./server.ts";

/** The registered port of the protocol. */
export const NBD_PORT = 10809;

/** Where to listen: a port of this machine, 0 for any free one, or a socket in the file system. */
export type ListenAddress =
  | { readonly kind: "port"; readonly hostname: string; readonly port: number }
  | { readonly kind: "socket"; readonly path: string };

/** A listener with the address that clients connect to. */
export interface NbdListener extends Listener {
  /** The URI for clients: nbd://localhost:10809, nbd+unix:///?socket=/tmp/nbd.sock */
  readonly uri: string;
}

/** Listen at `address`. Throws {@linkcode HostError} if that fails. */
export function listenAt(address: ListenAddress): NbdListener {
  try {
    return address.kind === "port" ? listenAtPort(address) : listenAtSocket(address.path);
  } catch (error) {
    const place = address.kind === "port" ? `port ${address.port}` : `'${address.path}'`;
    throw new HostError(`Could not listen at ${place}: ${describeError(error)}`, { cause: error });
  }
}

function listenAtPort(
  { hostname, port }: { readonly hostname: string; readonly port: number },
): NbdListener {
  const listener = Deno.listen({ hostname, port });
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return {
    uri: `nbd://${host}:${listener.addr.port}`,
    async accept(): Promise<ByteStream> {
      const connection = await listener.accept();
      // Replies must not wait for the client's next request.
      connection.setNoDelay(true);
      return connection;
    },
    close: () => listener.close(),
  };
}

function listenAtSocket(path: string): NbdListener {
  const listener = Deno.listen({ transport: "unix", path });
  return {
    uri: `nbd+unix:///?socket=${path}`,
    accept: () => listener.accept(),
    close() {
      listener.close();
      try {
        Deno.removeSync(path);
      } catch {
        // It is already removed.
      }
    },
  };
}
