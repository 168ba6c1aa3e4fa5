import type { FuzzCase } from "./fuzz_case.ts";
import { buildFiles } from "./fuzz_case.ts";
import { makeFolder, reachOf, saveCase } from "./folder.ts";
import type { Finding } from "./fuzz_here.ts";
import { type Disagreement, explain } from "./differences.ts";
import { layerFacts } from "./layers.ts";
import type { QemuImg } from "./qemu_img.ts";
import type { SparseFile } from "../../lib/storage/sparse_file.ts";
import {
  type CommandName,
  ourVerdict,
  type QemuVerdict,
  qemuVerdict,
  type Verdict,
} from "./verdicts.ts";

/** The result of comparing this library with QEMU on a case. */
export interface DifferentialResult {
  /** Disagreements that nothing known explains, and errors of ours. */
  readonly findings: readonly Finding[];
  /** Crashes and hangs of QEMU: findings about QEMU, not about us. */
  readonly aboutQemu: readonly Finding[];
  /** The verdict on each command, for the counts. */
  readonly verdicts: readonly string[];
  /** The output of both, for the report of a finding. */
  readonly transcript: string;
}

/** Who says what of an image. Tests put a QEMU here that lies. */
export interface Parties {
  /** Our verdict. */
  readonly ours: (command: CommandName, folder: string) => Promise<Verdict>;
  /** QEMU's. */
  readonly theirs: (command: CommandName, folder: string) => Promise<QemuVerdict>;
}

/** Ours and the installed QEMU. */
export function realParties(qemu: QemuImg): Parties {
  return {
    ours: ourVerdict,
    theirs: (command, folder) => qemuVerdict(command, folder, qemu),
  };
}

/** Larger disks are not converted: that is a matter of time only. */
const MAX_CONVERTED_BYTES = 16n << 20n;

/** Run both programs on a case, and compare their verdicts. */
export async function compareWithQemu(
  one: FuzzCase,
  parties: Parties,
): Promise<DifferentialResult> {
  const files = buildFiles(one);
  using dir = makeFolder();
  const folder = dir.path;
  const comparison = new Comparison(folder, parties, files);
  if (!saveCase(folder, one, files)) return comparison.skip("qemu: file too large");
  await comparison.compare("info");
  const reach = reachOf(one, files);
  if (reach === "loop") return comparison.skip("qemu: known difference: loops");
  if (reach === "outside") return comparison.skip("qemu: chain leaves the folder");
  await comparison.compare("check");
  if (comparison.diskBytes <= MAX_CONVERTED_BYTES) await comparison.compare("convert");
  return comparison.result;
}

class Comparison {
  readonly #folder: string;
  readonly #parties: Parties;
  readonly #files: readonly SparseFile[];
  readonly #findings: Finding[] = [];
  readonly #aboutQemu: Finding[] = [];
  readonly #verdicts: string[] = [];
  #transcript = "";
  /** The size of the disk, where one of the programs reports it. */
  diskBytes = 0n;

  constructor(folder: string, parties: Parties, files: readonly SparseFile[]) {
    this.#folder = folder;
    this.#parties = parties;
    this.#files = files;
  }

  get result(): DifferentialResult {
    return {
      findings: this.#findings,
      aboutQemu: this.#aboutQemu,
      verdicts: this.#verdicts,
      transcript: this.#transcript,
    };
  }

  skip(verdict: string): DifferentialResult {
    this.#verdicts.push(verdict);
    return this.result;
  }

  async compare(command: CommandName): Promise<void> {
    const ours = await this.#ask(command);
    if (!ours) return;
    const theirs = await this.#parties.theirs(command, this.#folder);
    this.#note(command, ours, theirs);
    if ("broken" in theirs) {
      const rule = `${command}: QEMU's ${theirs.broken}`;
      this.#aboutQemu.push({ rule, message: theirs.message });
      this.#verdicts.push(`qemu ${command}: ${theirs.broken}`);
      return;
    }
    if (command === "info") {
      const sizes = [ours, theirs].map(({ facts }) => BigInt(facts["virtual-size"] ?? 0));
      this.diskBytes = sizes[0] > sizes[1] ? sizes[0] : sizes[1];
    }
    const what = firstDifference(ours, theirs);
    if (what === undefined) {
      this.#verdicts.push(`qemu ${command}: same, exit ${ours.code}`);
      return;
    }
    const two: Disagreement = { command, ours, theirs, layers: layerFacts(this.#files) };
    const known = explain(two);
    if (known) this.#verdicts.push(`qemu ${command}: known difference: ${known.name}`);
    else this.#findings.push({ rule: `${command}: differs in ${what}`, message: this.#transcript });
  }

  async #ask(command: CommandName): Promise<Verdict | undefined> {
    try {
      return await this.#parties.ours(command, this.#folder);
    } catch (error) {
      const kind = error instanceof Error ? error.name : "not an error";
      const message = error instanceof Error ? error.stack ?? error.message : String(error);
      this.#findings.push({ rule: `${command}: unexpected ${kind}`, message });
      return undefined;
    }
  }

  #note(command: CommandName, ours: Verdict, theirs: QemuVerdict): void {
    const described = (verdict: QemuVerdict) =>
      "broken" in verdict
        ? `${verdict.broken}: ${verdict.message}`
        : `exit ${verdict.code} ${JSON.stringify(verdict.facts)} ${verdict.complaint}`;
    const lines = [`${command}`, `  here: ${described(ours)}`, `  QEMU: ${described(theirs)}`, ""];
    this.#transcript += lines.join("\n").replaceAll(this.#folder, "FOLDER");
  }
}

/** In what two verdicts differ first; undefined if they are the same. */
function firstDifference(ours: Verdict, theirs: Verdict): string | undefined {
  if (ours.code !== theirs.code) return `exit code: ${ours.code} here, ${theirs.code} in QEMU`;
  const keys = new Set([...Object.keys(ours.facts), ...Object.keys(theirs.facts)]);
  for (const key of keys) if (ours.facts[key] !== theirs.facts[key]) return key;
  if (ours.disk && theirs.disk && !sameContents(ours.disk, theirs.disk)) return "contents";
  return undefined;
}

function sameContents(a: SparseFile, b: SparseFile): boolean {
  if (a.sizeBytes !== b.sizeBytes) return false;
  const [left, right] = [a, b].map((file) => file.read(0, file.sizeBytes));
  return left.every((byte, i) => byte === right[i]);
}
