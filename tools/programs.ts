/** The programs of the command line; the code of a program is loaded when it runs. */
import denoJson from "../deno.json" with { type: "json" };
import type { CommandGroup, LazyProgram } from "./kit/command.ts";
import { EXIT, INTERNAL_ROW, TARGET_ROW } from "./kit/exit_codes.ts";
import type { Io } from "./kit/io.ts";
import { runProgram } from "./kit/run_program.ts";
import { UsageError } from "./kit/usage_error.ts";

/**
 * Load a program that reads other files of the repository. Throws {@linkcode UsageError} where there is
 * only the published package.
 */
async function needClone<T>(load: () => Promise<T>): Promise<T> {
  if (import.meta.url.startsWith("file:")) return await load();
  throw new UsageError("this program needs a clone of the repository");
}

/** The programs, in the order in which the help lists them. */
export const PROGRAMS: readonly LazyProgram[] = [
  {
    name: "crash",
    summary: "crash a storage format at every point and check what recovery makes of it",
    load: async () => (await import("./crash/main.ts")).CRASH,
  },
  {
    name: "qed",
    summary: "create, inspect, check, convert and serve QED disk images",
    load: async () => (await import("./qed/main.ts")).QED,
  },
  {
    name: "conformance",
    summary: "test an implementation of QED",
    load: () => needClone(async () => (await import("./conformance/main.ts")).CONFORMANCE),
  },
  {
    name: "fuzz",
    summary: "feed hostile QED images to this library and to qemu-img, and compare",
    load: () => needClone(async () => (await import("./fuzz/main.ts")).FUZZ),
  },
  {
    name: "mutants",
    summary: "inject bugs into the QED driver and see that the explorer finds each",
    load: () => needClone(async () => (await import("./mutants/main.ts")).MUTANTS),
  },
];

const POWERCUT: CommandGroup = {
  name: "",
  summary: "find crash bugs in storage formats",
  description: "Powercut finds the crash bugs in storage formats.",
  commands: PROGRAMS,
  notes: "'--version' prints the version of Powercut.",
  exitCodes: [
    [EXIT.OK, "nothing wrong was found"],
    [EXIT.FINDING, "something was found"],
    INTERNAL_ROW,
    TARGET_ROW,
  ],
  examples: [
    ["crash", "run all scenarios"],
    ["crash run aliasing", "run one of them"],
    ["qed create disk.qed 20G", "create an image"],
  ],
};

/** Run the command line `args`, which begin with a program. Returns the exit code. */
export async function runPowercut(args: readonly string[], io: Io): Promise<number> {
  if (args[0] !== "--version") return await runProgram(POWERCUT, args, io);
  io.printLine(`powercut ${denoJson.version}`);
  return EXIT.OK;
}
