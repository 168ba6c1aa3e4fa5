import * as fs from "node:fs";
import { NbdRequestError } from "../../lib/nbd/mod.ts";
import { NBD_ERROR } from "../../lib/nbd/protocol.ts";
import { type Region, uniform } from "./regions.ts";
import { type DriverFormat, imageOptions } from "./formats.ts";
import { compareCheckers } from "./qed_checkers.ts";
import { QemuDisk } from "./qemu_disk.ts";
import { checkImage, type CheckVerdict } from "./qemu_img.ts";
import { FullError, ImageRefusal, QemuToolCrash } from "./qemu_tool_error.ts";
import { type Probe, PROBE_BYTES } from "./workloads.ts";

/** A range of the guest's disk, in bytes. */
type Range = Pick<Region, "offsetBytes" | "lengthBytes">;

/** The ranges to read from an image, and the writes in between. */
export interface ExaminationPlan {
  /** The ranges to read before the probes and after them. */
  readonly regions: readonly Region[];
  /** The writes in between. */
  readonly probes: readonly Probe[];
}

/** The result of reading a range of the guest's disk. */
export type ReadResult =
  /** Every byte is the same. */
  | { readonly kind: "pattern"; readonly pattern: number }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "error"; readonly message: string };

/** The results of QEMU's tools on an image that a crash left. */
export interface Examination {
  /** Whether it can be opened for writing. */
  readonly opens: "at once" | "after repair" | "never";
  /** The message of QEMU where it does not open the image at once. */
  readonly refusal?: string;
  /** The checker's verdict after QEMU opened and closed the image; undefined if the format has no checker. */
  readonly check?: CheckVerdict;
  /** The contents of each region. */
  readonly regions: readonly ReadResult[];
  /** The contents of each region after the probes. */
  readonly later: readonly ReadResult[];
  /** The contents of the ranges that the probes wrote. */
  readonly probes: readonly ReadResult[];
  /** The errors that the probes got. */
  readonly probeErrors: readonly string[];
  /** Where another checker of the same format disagrees with QEMU's about the image as it was left. */
  readonly disagreement?: string;
  /** Which tool ended by a signal, or hung. */
  readonly crash?: string;
}

/** A driver allocates at most this much at a time: with more space free, the file system is not full. */
const LITTLE_ROOM_BYTES = 16 * 2 ** 20;

/** As many as qemu-nbd carries out at a time: they are sent together, and waited for once. */
const READS_AT_ONCE = 16;

const NOTHING: Examination = {
  opens: "never",
  regions: [],
  later: [],
  probes: [],
  probeErrors: [],
};

/** Examines one image after the other, each at the same path. */
export class Examiner implements Disposable {
  readonly #format: DriverFormat;
  readonly #plan: ExaminationPlan;
  readonly #path: string;
  readonly #buffers: Uint8Array[] = [];
  #disk: QemuDisk | undefined;

  /** Examine images of `format` at `path`. */
  constructor(format: DriverFormat, plan: ExaminationPlan, path: string) {
    this.#format = format;
    this.#plan = plan;
    this.#path = path;
  }

  /** Open the image as a user would, read it, check it, write elsewhere, and read it again. The image changes. */
  async examine(): Promise<Examination> {
    try {
      return await this.#examine();
    } catch (error) {
      if (!(error instanceof QemuToolCrash)) throw error;
      return { ...NOTHING, crash: error.message };
    }
  }

  /** End the process that has the image open, whatever it is at. */
  [Symbol.dispose](): void {
    this.#disk?.[Symbol.dispose]();
  }

  async #examine(): Promise<Examination> {
    const disagreement = this.#format.driver === "qed"
      ? await compareCheckers(this.#path)
      : undefined;
    let first = await this.#session([]);
    const refusal = first.refusal;
    if (refusal !== undefined && await this.#repair()) first = await this.#session([]);
    if (first.refusal !== undefined) return { ...NOTHING, refusal: first.refusal };
    const { driver, canCheck } = this.#format;
    const check = canCheck ? await checkImage({ driver, path: this.#path }) : undefined;
    return {
      opens: refusal === undefined ? "at once" : "after repair",
      ...(refusal !== undefined && { refusal }),
      ...(disagreement !== undefined && { disagreement }),
      ...(check && { check }),
      regions: first.regions,
      ...await this.#probe(first.regions),
    };
  }

  async #repair(): Promise<boolean> {
    const { driver, canCheck } = this.#format;
    if (!canCheck) return false;
    const { refusal } = await checkImage({ driver, path: this.#path, repairs: true });
    return refusal === undefined;
  }

  /** Write to free places, and read all regions again. */
  async #probe(
    regions: readonly ReadResult[],
  ): Promise<Pick<Examination, "later" | "probes" | "probeErrors">> {
    const { refusal, regions: later, probes, answers } = await this.#session(this.#plan.probes);
    if (refusal === undefined) return { later, probes, probeErrors: answers };
    return {
      later: regions.map((): ReadResult => ({ kind: "error", message: refusal })),
      probes: [],
      probeErrors: [`can't be opened again: ${refusal}`],
    };
  }

  /** Open the image, write the probes, read them and all regions, and close it. */
  async #session(probes: readonly Probe[]): Promise<Session> {
    let disk: QemuDisk;
    try {
      disk = this.#disk = await QemuDisk.open({
        image: imageOptions(this.#format, this.#path),
        socketPath: `${this.#path}.sock`,
        cache: "writethrough",
      });
    } catch (error) {
      if (!(error instanceof ImageRefusal)) throw error;
      const refusal = error.message.replaceAll(this.#path, "the image");
      return { refusal, answers: [], probes: [], regions: [] };
    }
    const answers = await this.#write(disk, probes);
    const results: ReadResult[] = [];
    const ranges = [...probes.map(probeRange), ...this.#plan.regions];
    while (results.length < ranges.length) {
      const batch = ranges.slice(results.length, results.length + READS_AT_ONCE);
      const reads = batch.map((range, i) => readRange(disk, range, this.#bufferFor(i, range)));
      results.push(...await Promise.all(reads));
    }
    await disk.end();
    return {
      answers,
      probes: results.slice(0, probes.length),
      regions: results.slice(probes.length),
    };
  }

  /** Memory for a read: mostly it holds one value all over, and is used again for the next one. */
  #bufferFor(place: number, { lengthBytes }: Range): Uint8Array {
    const known = this.#buffers[place];
    const buffer = known?.length >= lengthBytes ? known : new Uint8Array(lengthBytes);
    this.#buffers[place] = buffer;
    return buffer.subarray(0, lengthBytes);
  }

  /** Write the probes, and flush. Resolves to what failed. */
  async #write(disk: QemuDisk, probes: readonly Probe[]): Promise<string[]> {
    const answers: string[] = [];
    const attempt = async (what: string, request: Promise<void>) => {
      try {
        await request;
      } catch (error) {
        if (!(error instanceof NbdRequestError)) throw error;
        if (error.value === NBD_ERROR.ENOSPC && isFull(this.#path)) throw new FullError(this.#path);
        answers.push(`${what} failed: ${error.reason}`);
      }
    };
    for (const { offsetBytes, pattern } of probes) {
      const bytes = new Uint8Array(PROBE_BYTES).fill(pattern);
      await attempt("write", disk.write(offsetBytes, bytes));
    }
    if (probes.length > 0) await attempt("flush", disk.flush());
    return answers;
  }
}

/** The results of opening an image, writing the probes, and reading. */
interface Session extends Pick<Examination, "refusal" | "probes" | "regions"> {
  /** The errors of the writes. */
  readonly answers: readonly string[];
}

/** Read a range into `bytes`. */
async function readRange(
  disk: QemuDisk,
  { offsetBytes }: Range,
  bytes: Uint8Array,
): Promise<ReadResult> {
  try {
    await disk.read(offsetBytes, bytes);
  } catch (error) {
    if (!(error instanceof NbdRequestError)) throw error;
    return { kind: "error", message: `read failed: ${error.reason}` };
  }
  const pattern = uniform(bytes);
  return pattern === undefined
    ? { kind: "bytes", bytes: bytes.slice() }
    : { kind: "pattern", pattern };
}

/** Whether the file system of a file is full: else a driver has run into a limit of its own. */
function isFull(path: string): boolean {
  const { bavail, bsize } = fs.statfsSync(path);
  return bavail * bsize < LITTLE_ROOM_BYTES;
}

/** Where a probe writes. */
export function probeRange({ offsetBytes }: Probe): Range {
  return { offsetBytes, lengthBytes: PROBE_BYTES };
}

/** A probe in the words of `qemu-io`. */
export function probeCommand({ offsetBytes, pattern }: Probe): string {
  return `write -q -P ${pattern} ${offsetBytes} ${PROBE_BYTES}`;
}
