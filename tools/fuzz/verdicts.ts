import { existsSync } from "@std/fs";
import { runCaptured } from "../kit/captured_io.ts";
import { runProgram } from "../kit/run_program.ts";
import { QED } from "../qed/main.ts";
import { IMAGE_NAME } from "./chains.ts";
import type { QemuImg } from "./qemu_img.ts";
import { SparseFile } from "../../lib/storage/sparse_file.ts";

/** The commands that are compared. */
export type CommandName = "info" | "check" | "convert";

/** The verdict of a program on an image: the parts that are compared. */
export interface Verdict {
  /** Exit code. */
  readonly code: number;
  /** The numbers and names that it printed, as text. */
  readonly facts: Readonly<Record<string, string>>;
  /** The disk that `convert` wrote. */
  readonly disk?: SparseFile;
  /** Standard error. */
  readonly complaint: string;
}

/** A verdict, or how the program failed to give one. */
export type QemuVerdict = Verdict | { readonly broken: "crash" | "hang"; readonly message: string };

const RAW_NAME = { ours: "ours.raw", theirs: "theirs.raw" };

function commandArgs(command: CommandName, folder: string, raw: string): string[] {
  const image = `${folder}/${IMAGE_NAME}`;
  if (command === "convert") {
    return ["convert", "-f", "qed", "-O", "raw", image, `${folder}/${raw}`];
  }
  return [command, "-f", "qed", "--output=json", image];
}

/**
 * Our tool's verdict on the image in `folder`. Throws where the tool reports an internal error or a
 * lack of memory.
 */
export async function ourVerdict(command: CommandName, folder: string): Promise<Verdict> {
  const args = commandArgs(command, folder, RAW_NAME.ours);
  const result = await runCaptured((io) => runProgram(QED, args, io));
  if (/Internal error|Not enough memory/.test(result.stderr)) throw new Error(result.stderr);
  return asVerdict(result, `${folder}/${RAW_NAME.ours}`);
}

/** QEMU's verdict on the image in `folder`. */
export async function qemuVerdict(
  command: CommandName,
  folder: string,
  qemu: QemuImg,
): Promise<QemuVerdict> {
  const outcome = await qemu.run(folder, commandArgs(command, folder, RAW_NAME.theirs));
  if (outcome.kind === "exited") {
    const { code, stdout, stderr } = outcome;
    const result = { code, stdout: new TextDecoder().decode(stdout), stderr };
    return asVerdict(result, `${folder}/${RAW_NAME.theirs}`);
  }
  const message = `${outcome.why}: ${outcome.stderr.slice(0, 500)}`;
  if (outcome.kind === "missing") throw new Error(message);
  const isHang = outcome.kind === "killed" || CPU_LIMIT_SIGNALS.includes(outcome.why);
  return { broken: isHang ? "hang" : "crash", message };
}

/** The signals of the limit on processor time. */
const CPU_LIMIT_SIGNALS: readonly string[] = ["SIGXCPU", "SIGKILL"];

function asVerdict(
  result: { readonly code: number; readonly stdout: string; readonly stderr: string },
  rawPath: string,
): Verdict {
  const { code, stdout, stderr } = result;
  const verdict = { code, facts: factsOf(stdout), complaint: stderr.trim() };
  return code === 0 && existsSync(rawPath, { isFile: true })
    ? { ...verdict, disk: SparseFile.load(rawPath) }
    : verdict;
}

/** The compared fields of the JSON that both print; numbers as text, since they go up to 2^63. */
const COMPARED: readonly string[] = [
  ...["virtual-size", "cluster-size", "backing-filename", "format"],
  ...["check-errors", "corruptions", "leaks", "total-clusters", "allocated-clusters"],
  ...["fragmented-clusters", "image-end-offset"],
];

function factsOf(json: string): Record<string, string> {
  const facts: Record<string, string> = {};
  for (const [, key, value] of json.matchAll(/^ {4}"([a-z-]+)": ("(?:[^"\\]|\\.)*"|\d+)/gm)) {
    if (COMPARED.includes(key)) facts[key] = value.startsWith('"') ? unquoted(value) : value;
  }
  return facts;
}

/** A name as text: programs escape different characters. */
function unquoted(json: string): string {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}
