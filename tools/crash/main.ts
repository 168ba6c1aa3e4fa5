/**
 * The explorer's program: `powercut crash ...`. The code of a command is loaded when it runs.
 *
 * @module
 */
import { type Command, type CommandGroup, defineCommand } from "../kit/command.ts";
import { EXIT, INTERNAL_ROW, TARGET_ROW } from "../kit/exit_codes.ts";
import { section } from "../kit/help.ts";
import { UsageError } from "../kit/usage_error.ts";
import { failureOf } from "./failure.ts";
import {
  JSON_OUTPUT,
  NO_SAVE,
  outputOf,
  overridesOf,
  presetOption,
  REPORT,
  SAVE,
  SAVE_CONFLICT,
  SEARCH_OPTIONS,
  WORKERS,
} from "./options.ts";
import { sweepCommand } from "./sweep_options.ts";

const CLEAN_OR_NOT = [
  [EXIT.OK, "everything as expected, or clean"],
  [EXIT.FINDING, "a violation, or an expected one was not found"],
  INTERNAL_ROW,
  TARGET_ROW,
] as const;

const SHOWS_OR_NOT = [
  [EXIT.OK, "the violation does not show"],
  [EXIT.FINDING, "the violation shows"],
  INTERNAL_ROW,
  TARGET_ROW,
] as const;

const RUN_OPTIONS = [
  presetOption("use this fault preset"),
  { long: "profile", value: "P", help: "only the cases of this ordering profile" },
  ...SEARCH_OPTIONS,
  SAVE,
  NO_SAVE,
  REPORT,
  JSON_OUTPUT,
] as const;

const runAll = defineCommand({
  name: "",
  summary: "run all scenarios",
  operands: [],
  options: RUN_OPTIONS,
  conflicts: [SAVE_CONFLICT],
  exitCodes: CLEAN_OR_NOT,
  examples: [],
  async run(args, io) {
    const { runCommand } = await import("./run_command.ts");
    const { parseSearch } = await import("./search_options.ts");
    const search = parseSearch(args, io);
    const output = outputOf(args, io, undefined);
    return await runCommand({ names: [], search, ...overridesOf(args), ...output }, io);
  },
});

const run = defineCommand({
  name: "run",
  summary: "run these scenarios",
  operands: [{ name: "NAME", isRepeatable: true }],
  options: RUN_OPTIONS,
  conflicts: [SAVE_CONFLICT],
  exitCodes: CLEAN_OR_NOT,
  examples: [
    ["aliasing --profile rfc", "one scenario with one ordering profile"],
    ["dirty-bit --preset blocks --json", "under another fault preset, for programs"],
    ["dirty-bit --shard 2/5 --out two.json", "a fifth of the work; see merge"],
  ],
  async run(args, io) {
    const names = args.operands("NAME");
    const { runCommand } = await import("./run_command.ts");
    const { parseSearch } = await import("./search_options.ts");
    const search = parseSearch(args, io);
    const output = outputOf(args, io, "run");
    return await runCommand({ names, search, ...overridesOf(args), ...output }, io);
  },
});

const list = defineCommand({
  name: "list",
  summary: "list the scenarios",
  operands: [],
  options: [],
  exitCodes: [[EXIT.OK, "listed"]],
  examples: [["", "names, origins and statements"]],
  async run(_args, io) {
    const { listScenarios } = await import("./list_scenarios.ts");
    for (const { name, origin, statement } of listScenarios()) {
      io.printLine(`${name.padEnd(18)} ${origin.padEnd(8)}: ${statement}`);
    }
    return EXIT.OK;
  },
});

const replay = defineCommand({
  name: "replay",
  summary: "build the state of a replay file and check it",
  operands: [{ name: "FILE" }],
  options: [REPORT, JSON_OUTPUT],
  exitCodes: SHOWS_OR_NOT,
  examples: [["crash-findings/aliasing.json", "the writes, what reached the disk, the violation"]],
  async run(args, io) {
    const path = args.operand("FILE");
    const { replayCommand } = await import("./replay_command.ts");
    return await replayCommand({ path, ...outputOf(args, io, "replay") }, io);
  },
});

const shrink = defineCommand({
  name: "shrink",
  summary: "reduce the case of a replay file to the smallest one, and explain it",
  operands: [{ name: "FILE" }],
  options: [SAVE, NO_SAVE, REPORT, JSON_OUTPUT],
  conflicts: [SAVE_CONFLICT],
  exitCodes: SHOWS_OR_NOT,
  examples: [["crash-findings/aliasing.json", "the steps, the writes and the missing flush"]],
  async run(args, io) {
    const path = args.operand("FILE");
    const { shrinkCommand } = await import("./shrink_command.ts");
    return await shrinkCommand({ path, ...outputOf(args, io, "shrink") }, io);
  },
});

const log = defineCommand({
  name: "log",
  summary: "explore a log recorded by blklogwrites, dm-log-writes, or 'qed nbd --record'",
  operands: [{ name: "LOG" }],
  options: [
    { long: "base", value: "IMAGE", help: "the image as it was before the log (required)" },
    { long: "format", value: "F", help: "format of the image (qed)" },
    presetOption("use this fault preset (sectors; writes for formats of QEMU's drivers)"),
    ...SEARCH_OPTIONS,
    SAVE,
    NO_SAVE,
    REPORT,
    JSON_OUTPUT,
  ],
  conflicts: [SAVE_CONFLICT],
  notes: "docs/nbd.md shows how to record a log.",
  exitCodes: CLEAN_OR_NOT,
  examples: [
    ["session.log --base before.qed --json", "for programs"],
    ["session.log --base before.vdi --format vdi", "with QEMU's tools as the oracle"],
  ],
  async run(args, io) {
    const log = args.operand("LOG");
    const base = args.value("base");
    if (base === undefined) throw new UsageError("missing option --base IMAGE");
    const format = args.value("format") ?? "qed";
    const { parseSearch, workersOf } = await import("./search_options.ts");
    const search = parseSearch(args, io);
    const given = { log, base, format, ...outputOf(args, io, "log") };
    if (format === "qed") {
      const { logCommand } = await import("./log_command.ts");
      return await logCommand({ ...given, preset: args.value("preset") ?? "sectors", search }, io);
    }
    const { driverLogCommand } = await import("./drivers_command.ts");
    const processes = workersOf(args);
    return await driverLogCommand({ ...given, preset: args.value("preset"), processes }, io);
  },
});

const drivers = defineCommand({
  name: "drivers",
  summary: "test QEMU's own drivers, using QEMU's own tools as the oracle",
  operands: [{ name: "FORMAT", isOptional: true, isRepeatable: true }],
  options: [
    {
      long: "format",
      value: "F",
      isRepeatable: true,
      help: "test these formats (all); 'qcow2 vdi' or 'qcow2,vdi' for several",
    },
    presetOption("use this fault preset (writes)"),
    WORKERS,
    SAVE,
    NO_SAVE,
    REPORT,
    JSON_OUTPUT,
  ],
  conflicts: [SAVE_CONFLICT],
  notes: "Prints a scorecard, and saves a script for each finding (docs/drivers.md).",
  exitCodes: [[EXIT.OK, "clean"], [EXIT.FINDING, "a violation"], INTERNAL_ROW],
  examples: [["--format qcow2 vdi --report scorecard.html", "two formats, and an HTML report"]],
  async run(args, io) {
    const { driversCommand } = await import("./drivers_command.ts");
    const { workersOf } = await import("./search_options.ts");
    return await driversCommand({
      // `--format qcow2 vdi`, `--format qcow2,vdi` and `--format qcow2 --format vdi` are the same.
      formats: [...args.values("format"), ...args.operands("FORMAT")]
        .flatMap((names) => names.split(",")),
      preset: args.value("preset"),
      processes: workersOf(args),
      ...outputOf(args, io, "drivers"),
    }, io);
  },
});

const merge = defineCommand({
  name: "merge",
  summary: "combine the results of shards",
  operands: [{ name: "FILE", isRepeatable: true }],
  options: [SAVE, NO_SAVE, REPORT, JSON_OUTPUT],
  conflicts: [SAVE_CONFLICT],
  notes: "docs/campaigns.md describes distributed runs.",
  exitCodes: CLEAN_OR_NOT,
  examples: [["one.json two.json three.json", "print what one run of all shards prints"]],
  async run(args, io) {
    const paths = args.operands("FILE");
    const { mergeCommand } = await import("./merge_command.ts");
    return await mergeCommand({ paths, ...outputOf(args, io, "merge") }, io);
  },
});

/** The commands of `crash`. */
const CRASH_COMMANDS: readonly Command[] = [
  run,
  list,
  replay,
  shrink,
  sweepCommand,
  log,
  drivers,
  merge,
];

/** The explorer's program. */
export const CRASH: CommandGroup = {
  name: "crash",
  summary: "crash a storage format at every point and check what recovery makes of it",
  description: "Crash a storage format at every point and check what recovery makes of it.",
  commands: CRASH_COMMANDS,
  fallback: runAll,
  notes,
  exitCodes: CLEAN_OR_NOT,
  examples: [
    ["run aliasing --profile rfc", "one scenario with one ordering profile"],
    ["sweep --profile qemu --backing", "every short workload over a backing file"],
    ["drivers --format qcow2 vdi", "two of QEMU's drivers"],
  ],
  failureOf,
};

async function notes(): Promise<string> {
  const { listPresets, listScenarios } = await import("./list_scenarios.ts");
  return [
    section("presets", listPresets().map(({ name, summary }) => [name, summary])),
    section("scenarios", listScenarios().map(({ name, statement }) => [name, statement])),
  ].join("\n\n");
}
