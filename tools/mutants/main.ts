/**
 * The mutation benchmark: `powercut mutants`. It injects bugs into the driver and reports which of them
 * the explorer detects.
 *
 * @module
 */
import { type Command, defineCommand } from "../kit/command.ts";
import { EXIT, INTERNAL_ROW } from "../kit/exit_codes.ts";
import type { Io } from "../kit/io.ts";
import { printJson } from "../kit/json.ts";
import { didYouMean, lookUp } from "../kit/nearest.ts";
import type { ParsedArgs } from "../kit/parsed_args.ts";
import { UsageError } from "../kit/usage_error.ts";

/** The area of the mutants that filters make. */
const FILTER_AREA = "ordering";

/** The mutation benchmark. */
export const MUTANTS: Command = defineCommand({
  name: "mutants",
  summary: "inject bugs into the QED driver and see that the explorer detects each",
  operands: [{ name: "NAME", isOptional: true, isRepeatable: true }],
  options: [
    { long: "list", help: "list the mutants, and run none" },
    { long: "area", value: "AREA", help: "only mutants of this part of the driver" },
    { long: "times", help: "print how long each search takes" },
    { long: "json", help: "print JSON" },
  ],
  conflicts: [["list", "json"]],
  notes: "docs/mutants.md describes the mutants and the trials.",
  exitCodes: [
    [EXIT.OK, "every mutant is detected, and the correct driver passes every trial"],
    [EXIT.FINDING, "a mutant survives, or a trial reports the correct driver"],
    INTERNAL_ROW,
  ],
  examples: [
    ["", "all mutants"],
    ["--area commit --times", "those of one part of the driver"],
  ],
  run,
});

async function run(args: ParsedArgs, io: Io): Promise<number> {
  const { FILTER_MUTANTS, isPerfect, runMutants } = await import("./run_mutants.ts");
  const { SOURCE_MUTANTS } = await import("./source_mutants.ts");
  const all = [
    ...SOURCE_MUTANTS.map(({ name, area }) => ({ name, area })),
    ...FILTER_MUTANTS.map(({ name }) => ({ name, area: FILTER_AREA })),
  ];
  const names = args.operands("NAME");
  const area = args.value("area");
  if (area !== undefined) {
    lookUp("area", area, Object.fromEntries(all.map((each) => [each.area, 1])));
  }
  const isKnown = (name: string) => all.some((each) => each.name === name);
  const unknown = names.find((name) => !isKnown(name));
  if (unknown !== undefined) {
    const hint = didYouMean(unknown, all.map(({ name }) => name)) || "; --list lists the mutants";
    throw new UsageError(`unknown mutant '${unknown}'${hint}`);
  }
  const isWanted = (name: string, ofArea: string) =>
    (names.length === 0 || names.includes(name)) && (area === undefined || area === ofArea);
  const wanted = all.filter((each) => isWanted(each.name, each.area));
  if (wanted.length === 0) throw new UsageError(`no mutant of area '${area}' has such a name`);
  if (args.has("list")) {
    for (const { area, name } of wanted) io.printLine(`${area}: ${name}`);
    return EXIT.OK;
  }
  const sources = SOURCE_MUTANTS.filter(({ name, area }) => isWanted(name, area));
  const filters = FILTER_MUTANTS.filter(({ name }) => isWanted(name, FILTER_AREA));
  const { jsonReport, outcomeLine, summary } = await import("./report.ts");
  let done = 0;
  const report = await runMutants(sources, filters, ({ name, kill }) => {
    done++;
    if (!kill) io.printError(`mutants: NOT DETECTED: ${name}`);
    io.showStatus(`${done} of ${wanted.length} mutants`);
  });
  const times = args.has("times");
  if (args.has("json")) printJson(io, jsonReport(report, times));
  else {
    for (const outcome of report.outcomes) io.printLine(outcomeLine(outcome, times));
    io.printLine(summary(report));
  }
  return isPerfect(report) ? EXIT.OK : EXIT.FINDING;
}
