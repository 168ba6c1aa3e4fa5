import { startSystemTimer } from "../storage/idle_timer.ts";
import type { StartTimer } from "../storage/idle_timer.ts";
import type { ByteStream } from "./byte_stream.ts";
import { ClientConnection } from "./client_connection.ts";
import { NbdDisconnectedError } from "./client_error.ts";
import type { ServedExport } from "./client_negotiation.ts";
import { connectTo } from "./connect.ts";
import type { ListenAddress } from "./listen.ts";
import { COMMAND, COMMAND_FLAG, EXPORT_FLAG, MAX_PAYLOAD_BYTES } from "./protocol.ts";
import { ProtocolError } from "./protocol_error.ts";
import type { ByteOffset, DiskExtent } from "./served_disk.ts";

const DEFAULT_TIMEOUT_MS = 30_000;
/** Ranges without data may be as long as 32 bits tell; a power of two keeps them aligned. */
const MAX_RANGE_BYTES = 2 ** 30;

/** Settings of an {@linkcode NbdClient}. */
export interface NbdClientOptions {
  /** The name of the export; the server's default export if not given. */
  readonly exportName?: string;
  /** How long the server may take for the negotiation and for each reply; 30,000 if not given. */
  readonly timeoutMs?: number;
  /** Starts the timers for that; the system's if not given. */
  readonly startTimer?: StartTimer;
  /**
   * Which replies to ask for; `structured` if not given. Simple ones have no room for the server's
   * words about an error and for {@linkcode NbdClient.extents}. But some servers, `qemu-nbd` for one,
   * answer a read with a structured reply only after they have looked for holes.
   */
  readonly replies?: "simple" | "structured";
}

/**
 * A disk that an NBD server serves. Requests may be made without waiting for those before; the server
 * carries them out in any order. Each rejects with {@linkcode NbdRequestError} if the server answers
 * with an error. {@linkcode NbdTimeoutError}, {@linkcode NbdDisconnectedError} and
 * {@linkcode ProtocolError} end the connection: all requests in flight and later ones reject with them.
 * The server checks that a range is inside the disk.
 *
 * @example A file served by this library, and read over NBD
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { AsyncDriver, FileStorage } from "@powercut/powercut/lib";
 * import { listenAt, NbdClient, NbdServer, StorageDisk } from "@powercut/powercut/lib/nbd";
 *
 * const folder = Deno.makeTempDirSync();
 * const file = FileStorage.open(`${folder}/disk.raw`, "create");
 * const driver = new AsyncDriver([file]);
 * const disk = new StorageDisk({
 *   run: (operation) => driver.run(operation),
 *   sizeBytes: 2 ** 20,
 *   isWritable: true,
 *   canGrow: false,
 * });
 * const address = { kind: "socket", path: `${folder}/nbd.sock` } as const;
 * const server = new NbdServer({
 *   served: { name: "", description: "a file", disk },
 *   listener: listenAt(address),
 *   startTimer: (go, delayMs) => {
 *     const timer = setTimeout(go, delayMs);
 *     return () => clearTimeout(timer);
 *   },
 * });
 *
 * const client = await NbdClient.connect(address);
 * await client.write(4096, new Uint8Array(512).fill(7));
 * await client.flush();
 * const sector = new Uint8Array(512);
 * await client.read(4096, sector);
 * assertEquals(sector[511], 7);
 * await client.end();
 *
 * await server.stop();
 * file.close();
 * Deno.removeSync(folder, { recursive: true });
 * ```
 */
export class NbdClient implements AsyncDisposable {
  readonly #connection: ClientConnection;
  readonly #export: ServedExport;

  private constructor(connection: ClientConnection, served: ServedExport) {
    this.#connection = connection;
    this.#export = served;
  }

  /**
   * Connect to the server at `address` and agree on an export. Throws `HostError` if no server listens there,
   * and what {@linkcode NbdClient.over} throws.
   */
  static async connect(
    address: ListenAddress,
    options: NbdClientOptions = {},
  ): Promise<NbdClient> {
    return await NbdClient.over(await connectTo(address), options);
  }

  /**
   * Agree on an export with the server at the other end of `stream`, which is closed if that fails. Throws
   * {@linkcode NbdConnectError} if the server refuses, {@linkcode NbdTimeoutError},
   * {@linkcode NbdDisconnectedError} or {@linkcode ProtocolError}.
   */
  static async over(stream: ByteStream, options: NbdClientOptions = {}): Promise<NbdClient> {
    const { timeoutMs = DEFAULT_TIMEOUT_MS, startTimer = startSystemTimer } = options;
    const connection = new ClientConnection(stream, { timeoutMs, startTimer });
    const served = await connection.negotiate({
      name: options.exportName ?? "",
      isStructured: options.replies !== "simple",
    });
    return new NbdClient(connection, served);
  }

  /** The size of the disk in bytes. */
  get sizeBytes(): bigint {
    return this.#export.sizeBytes;
  }

  /** Whether the server lets clients write. */
  get isWritable(): boolean {
    return !this.#has(EXPORT_FLAG.READ_ONLY);
  }

  /** Whether the server knows {@linkcode NbdClient.flush}. */
  get canFlush(): boolean {
    return this.#has(EXPORT_FLAG.SEND_FLUSH);
  }

  /** Whether a write can be forced: it is durable once it is answered. */
  get canForceWrites(): boolean {
    return this.#has(EXPORT_FLAG.SEND_FUA);
  }

  /** Whether the server knows {@linkcode NbdClient.trim}. */
  get canTrim(): boolean {
    return this.#has(EXPORT_FLAG.SEND_TRIM);
  }

  /** Whether the server knows {@linkcode NbdClient.writeZeroes}. */
  get canWriteZeroes(): boolean {
    return this.#has(EXPORT_FLAG.SEND_WRITE_ZEROES);
  }

  /** Whether the server knows {@linkcode NbdClient.extents}. */
  get canListExtents(): boolean {
    return this.#export.allocationId !== undefined;
  }

  /** Fill `into` with the bytes of the disk from `offset` on. Where this fails, it may be filled in part. */
  async read(offset: ByteOffset, into: Uint8Array): Promise<void> {
    for (const { start, at, length } of pieces(offset, into.length, MAX_PAYLOAD_BYTES)) {
      const piece = into.subarray(start, start + length);
      await this.#connection.send({ command: COMMAND.READ, offset: at, length }, "read", piece);
    }
  }

  /** Write `bytes`, which must not change before this is answered, from `offset` on. */
  async write(
    offset: ByteOffset,
    bytes: Uint8Array,
    options: { readonly isForced?: boolean } = {},
  ): Promise<void> {
    const flags = options.isForced ? COMMAND_FLAG.FUA : 0;
    for (const { start, at, length } of pieces(offset, bytes.length, MAX_PAYLOAD_BYTES)) {
      const payload = bytes.subarray(start, start + length);
      await this.#connection.send({ command: COMMAND.WRITE, flags, offset: at, payload }, "write");
    }
  }

  /** Make durable every write that was answered before. */
  async flush(): Promise<void> {
    await this.#connection.send({ command: COMMAND.FLUSH }, "flush");
  }

  /** Discard a range: its contents afterwards are undefined. */
  async trim(offset: ByteOffset, lengthBytes: number): Promise<void> {
    for (const { at, length } of pieces(offset, lengthBytes, MAX_RANGE_BYTES)) {
      await this.#connection.send({ command: COMMAND.TRIM, offset: at, length }, "trim");
    }
  }

  /** Have a range read as zeroes; with `keepsSpace` the space for it stays allocated. */
  async writeZeroes(
    offset: ByteOffset,
    lengthBytes: number,
    options: { readonly keepsSpace?: boolean } = {},
  ): Promise<void> {
    const flags = options.keepsSpace ? COMMAND_FLAG.NO_HOLE : 0;
    for (const { at, length } of pieces(offset, lengthBytes, MAX_RANGE_BYTES)) {
      await this.#connection.send(
        { command: COMMAND.WRITE_ZEROES, flags, offset: at, length },
        "write zeroes to",
      );
    }
  }

  /**
   * The extents of a range in order, in as many pieces as the server describes them in. Needs
   * {@linkcode NbdClient.canListExtents}.
   */
  async *extents(offset: ByteOffset, lengthBytes: number): AsyncGenerator<DiskExtent> {
    for (let done = 0; done < lengthBytes;) {
      const at = BigInt(offset) + BigInt(done);
      const length = Math.min(lengthBytes - done, MAX_RANGE_BYTES);
      const request = { command: COMMAND.BLOCK_STATUS, offset: at, length };
      const extents = await this.#connection.send(request, "list the extents of");
      if (extents.length === 0) {
        throw this.#connection.fail(new ProtocolError("no extents in reply"));
      }
      for (const extent of extents) {
        // The last one may go past the end of the range.
        const inside = Math.min(extent.lengthBytes, lengthBytes - done);
        if (inside > 0) yield { ...extent, lengthBytes: inside };
        done += inside;
      }
    }
  }

  /** Let requests in flight end, tell the server that there are no more, and close the connection. */
  async end(): Promise<void> {
    await this.#connection.end();
  }

  /** Close the connection at once; requests in flight reject with {@linkcode NbdDisconnectedError}. */
  close(): void {
    this.#connection.fail(new NbdDisconnectedError("The client has closed the NBD connection"));
  }

  /** The same as {@linkcode NbdClient.end}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }

  #has(flag: number): boolean {
    const { flags } = this.#export;
    return (flags & EXPORT_FLAG.HAS_FLAGS) !== 0 && (flags & flag) !== 0;
  }
}

/** Cut a range into pieces of at most `maxBytes`: where each starts in the range and on the disk. */
function* pieces(
  offset: ByteOffset,
  lengthBytes: number,
  maxBytes: number,
): Generator<{ readonly start: number; readonly at: bigint; readonly length: number }> {
  for (let start = 0; start < lengthBytes; start += maxBytes) {
    const length = Math.min(maxBytes, lengthBytes - start);
    yield { start, at: BigInt(offset) + BigInt(start), length };
  }
}
