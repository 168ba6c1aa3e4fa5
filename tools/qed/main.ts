/**
 * The image tool: `powercut qed COMMAND ...`.
 *
 * @module
 */
import { describeError, HostError } from "../../lib/chain/mod.ts";
import { FormatError, ImageError } from "../../lib/qed/mod.ts";
import { StorageError } from "../../lib/storage/mod.ts";
import type { Command, CommandGroup, Failure } from "../kit/command.ts";
import { COMMANDS } from "./commands.ts";

/** The exit code of a command that fails, as of `qemu-img`. */
const FAILED = 1;

/** The image tool. */
export const QED: CommandGroup = {
  name: "qed",
  summary: "create, inspect, check, convert and serve QED disk images",
  description:
    "Create, read, write, check, repair and convert QED disk images. Options, output and exit\n" +
    "codes are those of qemu-img.",
  commands: [...COMMANDS, {
    name: "nbd",
    summary: "serve an image to NBD clients, record their writes, and inject I/O errors",
    load: async () => (await import("./nbd/command.ts")).nbd,
  }],
  notes: "Sizes and offsets are bytes, or a number and one of k, M, G, T, P, E (powers of 1024).",
  exitCodes: [[FAILED, "the command failed"]],
  examples: [
    ["create disk.qed 20G", "an empty disk of 20 GiB"],
    ["check -r all disk.qed", "repair what can be repaired"],
  ],
  failureOf,
};

/** Exit codes are those of `qemu-img`, which has none for its own defects. */
function failureOf(error: unknown, { failureCode = FAILED }: Command): Failure {
  return { code: failureCode, message: explain(error) };
}

function explain(error: unknown): string {
  const isExpected = [HostError, FormatError, ImageError, StorageError]
    .some((kind) => error instanceof kind);
  if (isExpected || isSystemError(error)) return describeError(error);
  if (error instanceof RangeError) return `Not enough memory: ${error.message}`;
  return `Internal error, please report it: ${describeError(error)}`;
}

/** Whether the operating system refused something: it has a short name for the reason. */
function isSystemError(error: unknown): boolean {
  return /^E[A-Z0-9]+$/.test(String((error as { code?: unknown } | null)?.code));
}
