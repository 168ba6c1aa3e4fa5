import { type Cell, uniform } from "./cells.ts";
import { type DriverFormat, imageOptions } from "./formats.ts";
import { compareCheckers } from "./qed_checkers.ts";
import { checkImage, type CheckVerdict } from "./qemu_img.ts";
import { QemuIo } from "./qemu_io.ts";
import { FullError, QemuToolCrash } from "./qemu_tool_error.ts";
import { Shell } from "./shell.ts";
import { type Probe, PROBE_BYTES } from "./workloads.ts";

/** What to look at in an image, and what to write to it. */
export interface Look {
  /** What is read, before the probes and after them. */
  readonly cells: readonly Cell[];
  /** What is written in between. */
  readonly probes: readonly Probe[];
}

/** What a range of the guest's disk reads as. */
export type Seen =
  /** Every byte is the same. */
  | { readonly kind: "pattern"; readonly pattern: number }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "error"; readonly message: string };

/** What QEMU's tools make of an image that a crash left. */
export interface Examination {
  /** Whether it can be opened for writing. */
  readonly opens: "at once" | "after repair" | "never";
  /** What is said where it can't be opened at once. */
  readonly refusal?: string;
  /** What the checker says once it was opened and closed; undefined if the format has none. */
  readonly check?: CheckVerdict;
  /** What is in each cell. */
  readonly cells: readonly Seen[];
  /** What is in each cell after the probes, and in the probes' own ranges. */
  readonly later: readonly Seen[];
  readonly probes: readonly Seen[];
  /** What the probes were answered, where that is not nothing. */
  readonly probeErrors: readonly string[];
  /** Where another checker of the same format disagrees with QEMU's about the image as it was left. */
  readonly disagreement?: string;
  /** Which tool ended by a signal, or hung. */
  readonly crash?: string;
}

const NOTHING: Examination = { opens: "never", cells: [], later: [], probes: [], probeErrors: [] };

/** What QEMU says where the file system is full: that is not the driver's fault. */
const NO_ROOM = "No space left on device";

/** Examines one image after the other, each at the same path, with processes that stay. */
export class Examiner implements Disposable {
  readonly #format: DriverFormat;
  readonly #look: Look;
  readonly #path: string;
  #io: QemuIo | undefined;
  #shell = new Shell();

  /** Examine images of `format` at `path`. */
  constructor(format: DriverFormat, look: Look, path: string) {
    this.#format = format;
    this.#look = look;
    this.#path = path;
  }

  /**
   * Open the image as a user would, read it, check it, write elsewhere, and read it again. The image
   * changes. `expected` are the patterns that the cells are thought to have: being right saves time.
   */
  async examine(expected: readonly number[]): Promise<Examination> {
    try {
      return await this.#examine(expected);
    } catch (error) {
      if (!(error instanceof QemuToolCrash)) throw error;
      this[Symbol.dispose]();
      this.#io = undefined;
      this.#shell = new Shell();
      return { ...NOTHING, crash: error.message };
    }
  }

  /** End the processes, whatever they are at. */
  [Symbol.dispose](): void {
    this.#io?.[Symbol.dispose]();
    this.#shell.kill();
  }

  async #examine(expected: readonly number[]): Promise<Examination> {
    const disagreement = this.#format.driver === "qed"
      ? await compareCheckers(this.#shell, this.#path)
      : undefined;
    // The likeliest first; all at once, because each answer that is waited for takes longer than a read.
    const likely = this.#look.cells.map((cell, i) => [
      ...new Set([expected[i], ...cell.patterns]),
    ]);
    let first = await this.#session([], likely);
    const refusal = first.refusal;
    if (refusal !== undefined && await this.#repair()) first = await this.#session([], likely);
    if (first.refusal !== undefined) return { ...NOTHING, refusal: first.refusal };
    const { driver, canCheck } = this.#format;
    const check = canCheck
      ? await checkImage(this.#shell, { driver, path: this.#path })
      : undefined;
    return {
      opens: refusal === undefined ? "at once" : "after repair",
      ...(refusal !== undefined && { refusal }),
      ...(disagreement !== undefined && { disagreement }),
      ...(check && { check }),
      cells: first.cells,
      ...await this.#probe(first.cells),
    };
  }

  async #repair(): Promise<boolean> {
    const { driver, canCheck } = this.#format;
    if (!canCheck) return false;
    const { refusal } = await checkImage(this.#shell, { driver, path: this.#path, repairs: true });
    return refusal === undefined;
  }

  /** Write to free places, and look at everything again. */
  async #probe(
    cells: readonly Seen[],
  ): Promise<Pick<Examination, "later" | "probes" | "probeErrors">> {
    const { refusal, cells: later, probes, answers } = await this.#session(
      this.#look.probes,
      cells.map((seen) => [patternSeen(seen)]),
    );
    if (refusal === undefined) return { later, probes, probeErrors: answers };
    return {
      later: cells.map((): Seen => ({ kind: "error", message: refusal })),
      probes: [],
      probeErrors: [`can't be opened again: ${refusal}`],
    };
  }

  /**
   * Open the image, write the probes, read them and all cells, and close it. `likely` are the patterns
   * that each cell may well have.
   */
  async #session(
    probes: readonly Probe[],
    likely: readonly (readonly number[])[],
  ): Promise<Session> {
    const options = imageOptions(this.#format, this.#path);
    const writes = probes.length > 0 ? [...probes.map(probeCommand), "flush"] : [];
    const ranges = [...probes.map(probeRange), ...this.#look.cells];
    const patterns = [...probes.map(({ pattern }) => [pattern]), ...likely];
    const io = this.#io ??= await QemuIo.start();
    const [opened, length, ...answers] = await io.runAll([
      ...[`open -o ${options}`, "length"],
      ...writes,
      ...ranges.flatMap((range, i) =>
        patterns[i].map((pattern) => `read -q -P ${pattern} ${placeOf(range)}`)
      ),
      ...(probes.length > 0 ? [] : ["close"]),
    ]);
    if (answers.some((text) => text.includes(NO_ROOM))) {
      throw new FullError(this.#path);
    }
    // Opening may complain and succeed: of a repair, for example.
    if (length.includes("no file open")) {
      const refusal = opened.trim().replaceAll(this.#path, "the image").split("\n").pop()!;
      return { refusal, answers: [], probes: [], cells: [] };
    }
    const read = answers.splice(writes.length);
    const seen = ranges.map((_, i): Seen | undefined => {
      const silent = read.splice(0, patterns[i].length).findIndex((text) => text.trim() === "");
      return silent < 0 ? undefined : { kind: "pattern", pattern: patterns[i][silent] };
    });
    const odd = ranges.filter((_, i) => !seen[i]);
    // Reading changes nothing, and the image may be opened again for that; after the probes it may not.
    const again = probes.length > 0 ? [] : [`open -o ${options}`];
    const isClosed = probes.length === 0 && odd.length === 0;
    const dumps = isClosed ? [] : await io.runAll([
      ...again,
      ...odd.map((range) => `read -v ${placeOf(range)}`),
      "close",
    ]);
    dumps.splice(0, again.length);
    const all = seen.map((each, i) => each ?? parseDump(dumps.shift()!, ranges[i].lengthBytes));
    return {
      answers: answers.map((text) => text.trim()).filter((text) => text !== ""),
      probes: all.slice(0, probes.length),
      cells: all.slice(probes.length),
    };
  }
}

/** What came of opening an image, writing the probes, and reading. */
interface Session extends Pick<Examination, "refusal" | "probes" | "cells"> {
  /** What was said to writing. */
  readonly answers: readonly string[];
}

function placeOf({ offsetBytes, lengthBytes }: Pick<Cell, "offsetBytes" | "lengthBytes">): string {
  return `${offsetBytes} ${lengthBytes}`;
}

/** Where a probe writes. */
export function probeRange({ offsetBytes }: Probe): Pick<Cell, "offsetBytes" | "lengthBytes"> {
  return { offsetBytes, lengthBytes: PROBE_BYTES };
}

/** A probe in the words of `qemu-io`. */
export function probeCommand({ offsetBytes, pattern }: Probe): string {
  return `write -q -P ${pattern} ${offsetBytes} ${PROBE_BYTES}`;
}

/** What to expect where this was seen before. */
function patternSeen(seen: Seen): number {
  return seen.kind === "pattern" ? seen.pattern : 0;
}

/** What `read -v` prints: lines of an offset, sixteen bytes, and what they are in text. */
export function parseDump(text: string, lengthBytes: number): Seen {
  const bytes = new Uint8Array(lengthBytes);
  let count = 0;
  for (const line of text.split("\n")) {
    const [, digits] = /^[0-9a-f]+: {2}((?:[0-9a-f]{2} ){1,16})/.exec(line) ?? [];
    for (const digit of digits?.trim().split(" ") ?? []) {
      bytes[count++] = Number.parseInt(digit, 16);
    }
  }
  if (count < lengthBytes) return { kind: "error", message: text.trim().split("\n")[0] };
  const pattern = uniform(bytes);
  return pattern === undefined ? { kind: "bytes", bytes } : { kind: "pattern", pattern };
}
