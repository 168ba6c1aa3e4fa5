import type { Cell } from "./cells.ts";
import type { DriverFormat } from "./formats.ts";
import { compareCheckers } from "./qed_checkers.ts";
import { checkImage, type CheckVerdict } from "./qemu_img.ts";
import { QemuIo } from "./qemu_io.ts";
import { QemuToolCrash } from "./qemu_tool_error.ts";
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

/** Examines one image after the other, each at the same path, with a `qemu-io` that stays. */
export class Examiner {
  readonly #format: DriverFormat;
  readonly #look: Look;
  readonly #path: string;
  #io: QemuIo | undefined;

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
      this.#io?.kill();
      this.#io = undefined;
      return { ...NOTHING, crash: error.message };
    }
  }

  /** End the process. */
  async end(): Promise<void> {
    await this.#io?.end();
    this.#io = undefined;
  }

  /** End the process, whatever it is at. */
  kill(): void {
    this.#io?.kill();
  }

  async #examine(expected: readonly number[]): Promise<Examination> {
    const disagreement = this.#format.driver === "qed"
      ? await compareCheckers(this.#path)
      : undefined;
    let refusal = await this.#open();
    let opens: Examination["opens"] = "at once";
    if (refusal !== undefined) {
      const said = refusal;
      const repaired = this.#format.canCheck && await this.#repair();
      refusal = repaired ? await this.#open() : said;
      if (refusal !== undefined) return { ...NOTHING, refusal: said };
      [opens, refusal] = ["after repair", said];
    }
    const cells = await this.#read(this.#look.cells, expected);
    await this.#close();
    const { driver, canCheck } = this.#format;
    const check = canCheck ? await checkImage({ driver, path: this.#path }) : undefined;
    const after = await this.#probe(cells);
    return {
      opens,
      ...(refusal !== undefined && { refusal }),
      ...(disagreement !== undefined && { disagreement }),
      ...(check && { check }),
      cells,
      ...after,
    };
  }

  async #repair(): Promise<boolean> {
    const { driver } = this.#format;
    const { refusal } = await checkImage({ driver, path: this.#path, repair: "all" });
    return refusal === undefined;
  }

  /** Write to free places, and look at everything again. */
  async #probe(
    cells: readonly Seen[],
  ): Promise<Pick<Examination, "later" | "probes" | "probeErrors">> {
    const refusal = await this.#open();
    if (refusal !== undefined) {
      const later = cells.map((): Seen => ({ kind: "error", message: refusal }));
      return { later, probes: [], probeErrors: [`can't be opened again: ${refusal}`] };
    }
    const io = await this.#running();
    const answers = await io.runAll([...this.#look.probes.map(probeCommand), "flush"]);
    const ranges = this.#look.probes.map(probeRange);
    const probes = await this.#read(ranges, this.#look.probes.map(({ pattern }) => pattern));
    const later = await this.#read(this.#look.cells, cells.map(patternSeen));
    await this.#close();
    return { later, probes, probeErrors: answers.map((text) => text.trim()).filter(Boolean) };
  }

  async #running(): Promise<QemuIo> {
    return this.#io ??= await QemuIo.start();
  }

  /** Open the image for writing. Answers why it can't be. */
  async #open(): Promise<string | undefined> {
    const { driver, openOptions } = this.#format;
    const options = [
      `driver=${driver}`,
      ...openOptions,
      `file.driver=file,file.filename=${this.#path}`,
    ];
    const io = await this.#running();
    const [opened, length] = await io.runAll([`open -o ${options.join(",")}`, "length"]);
    // Opening may complain and succeed: of a repair, for example.
    if (!length.includes("no file open")) return undefined;
    return opened.trim().replaceAll(this.#path, "the image").split("\n").pop();
  }

  async #close(): Promise<void> {
    await (await this.#running()).run("close");
  }

  async #read(
    ranges: readonly Pick<Cell, "offsetBytes" | "lengthBytes">[],
    expected: readonly number[],
  ): Promise<Seen[]> {
    const io = await this.#running();
    const where = ranges.map(({ offsetBytes, lengthBytes }) => `${offsetBytes} ${lengthBytes}`);
    const answers = await io.runAll(where.map((at, i) => `read -q -P ${expected[i]} ${at}`));
    const surprises = answers.flatMap((answer, i) => answer.trim() === "" ? [] : [i]);
    const dumps = await io.runAll(surprises.map((i) => `read -v ${where[i]}`));
    const seen = answers.map((_, i): Seen => ({ kind: "pattern", pattern: expected[i] }));
    surprises.forEach((i, at) => seen[i] = parseDump(dumps[at], ranges[i].lengthBytes));
    return seen;
  }
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
  const [first] = bytes;
  if (bytes.every((byte) => byte === first)) return { kind: "pattern", pattern: first };
  return { kind: "bytes", bytes };
}
