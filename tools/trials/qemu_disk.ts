import { NbdClient, NbdRequestError } from "../../lib/nbd/mod.ts";
import { NBD_ERROR } from "../../lib/nbd/protocol.ts";
import { QemuNbd, type QemuNbdOptions } from "./qemu_nbd.ts";

/**
 * The disk in an image, as a guest of QEMU's driver has it: `qemu-nbd` opens the image for writing and serves
 * it at a socket. Requests that the driver fails reject with `NbdRequestError`. If the process ends or hangs,
 * they reject with {@linkcode QemuToolCrash}.
 */
export class QemuDisk implements Disposable {
  readonly #process: QemuNbd;
  readonly #client: NbdClient;

  private constructor(process: QemuNbd, client: NbdClient) {
    this.#process = process;
    this.#client = client;
  }

  /**
   * Open an image. Throws {@linkcode ImageRefusal} if QEMU's driver does not open it,
   * {@linkcode QemuToolCrash} if the process ends by a signal or hangs, and {@linkcode QemuToolError} if
   * it can't be started.
   */
  static async open(options: QemuNbdOptions): Promise<QemuDisk> {
    const process = new QemuNbd(options);
    try {
      const client = await NbdClient.over(await process.connect(), {
        timeoutMs: process.timeoutMs,
        // A read is a read then. Before a structured reply, qemu-nbd asks the driver for holes.
        replies: "simple",
      });
      return new QemuDisk(process, client);
    } catch (error) {
      throw await process.startFailure(error);
    }
  }

  /** The size of the disk in bytes. */
  get sizeBytes(): number {
    return Number(this.#client.sizeBytes);
  }

  /** The number of the process. */
  get pid(): number {
    return this.#process.pid;
  }

  /** Fill `into` from `offsetBytes` on. */
  async read(offsetBytes: number, into: Uint8Array): Promise<void> {
    this.#checkRange("read", offsetBytes, into.length);
    await this.#ask(() => this.#client.read(offsetBytes, into));
  }

  /** Write `bytes` from `offsetBytes` on. */
  async write(offsetBytes: number, bytes: Uint8Array): Promise<void> {
    this.#checkRange("write", offsetBytes, bytes.length);
    await this.#ask(() => this.#client.write(offsetBytes, bytes));
  }

  /** Have a range read as zeroes, without giving its space back. */
  async writeZeroes(offsetBytes: number, lengthBytes: number): Promise<void> {
    await this.#ask(() => this.#client.writeZeroes(offsetBytes, lengthBytes, { keepsSpace: true }));
  }

  /** Discard a range. */
  async discard(offsetBytes: number, lengthBytes: number): Promise<void> {
    await this.#ask(() => this.#client.trim(offsetBytes, lengthBytes));
  }

  /** Make durable what was written. */
  async flush(): Promise<void> {
    await this.#ask(() => this.#client.flush());
  }

  /** Have QEMU close the image. Throws {@linkcode QemuToolCrash} if the process does not end well. */
  async end(): Promise<void> {
    await this.#client.end();
    await this.#process.end();
  }

  /** End the process, whatever it is at; the image stays as it is. */
  [Symbol.dispose](): void {
    this.#client.close();
    this.#process.kill();
  }

  /** A disk is smaller after some crashes. QEMU's guests get this error then; NBD servers have others. */
  #checkRange(verb: string, offsetBytes: number, lengthBytes: number): void {
    if (offsetBytes + lengthBytes <= this.sizeBytes) return;
    throw new NbdRequestError(`${verb} ${lengthBytes} bytes at ${offsetBytes}`, NBD_ERROR.EIO);
  }

  async #ask(request: () => Promise<void>): Promise<void> {
    try {
      await request();
    } catch (error) {
      if (error instanceof NbdRequestError) throw error;
      throw await this.#process.reasonFor(error);
    }
  }
}
