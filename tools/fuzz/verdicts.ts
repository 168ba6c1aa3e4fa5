import { existsSync } from "@std/fs";
import type { Io } from "../kit/io.ts";
import { main } from "../qed/main.ts";
import { IMAGE_NAME } from "./chains.ts";
import type { ProgramResult, QemuImg } from "./qemu_img.ts";
import { SparseFile } from "../../lib/storage/sparse_file.ts";

/** The commands that are compared. */
export type CommandName = "info" | "check" | "convert";

/** What a program said of an image: what counts of it, whoever said it. */
export interface Verdict {
  /** Exit code. */
  readonly code: number;
  /** The numbers and names that it printed, as text. */
  readonly facts: Readonly<Record<string, string>>;
  /** What `convert` made. */
  readonly disk?: SparseFile;
  /** What it complained of. */
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
 * Our tool's verdict on the image in `folder`. Throws what the tool itself calls an internal error
 * or a lack of memory.
 */
export async function ourVerdict(command: CommandName, folder: string): Promise<Verdict> {
  const { io, out } = collectingIo();
  const code = await main(commandArgs(command, folder, RAW_NAME.ours), io);
  if (/Internal error|Not enough memory/.test(out.stderr)) throw new Error(out.stderr);
  return asVerdict({ code, stdout: out.stdout, stderr: out.stderr }, `${folder}/${RAW_NAME.ours}`);
}

/** QEMU's verdict on the image in `folder`. */
export async function qemuVerdict(
  command: CommandName,
  folder: string,
  qemu: QemuImg,
): Promise<QemuVerdict> {
  const result = await qemu.run(folder, commandArgs(command, folder, RAW_NAME.theirs));
  const { code, stdout, stderr } = result;
  if (code === undefined) return { broken: isHang(result) ? "hang" : "crash", ...told(result) };
  return asVerdict({ code, stdout, stderr }, `${folder}/${RAW_NAME.theirs}`);
}

/** Whether it was ended for the time it took: by us, or by the limit of its processor time. */
function isHang({ isTimeout, signal }: ProgramResult): boolean {
  return isTimeout || signal === "SIGXCPU" || signal === "SIGKILL";
}

function told({ signal, stderr }: ProgramResult): { message: string } {
  return { message: `${signal}: ${stderr.slice(0, 500)}` };
}

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

/** What is compared of the JSON that both print; numbers as text, since they go up to 2^63. */
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

/** Streams that keep what is written to them. */
function collectingIo(): { io: Io; out: { stdout: string; stderr: string } } {
  const out = { stdout: "", stderr: "" };
  const nothing = () => {};
  const io: Io = {
    print: (text) => void (out.stdout += text),
    printBytes: nothing,
    complain: (text) => void (out.stderr += text),
    readInput: () => 0,
    isTerminal: { stdout: false, stderr: false },
    onInterrupt: () => ({ [Symbol.dispose]: nothing }),
    turn: () => Promise.resolve(),
  };
  return { io, out };
}
