/** `deno task mutants`: plants defects in the driver, and says which of them are found. */
import { parseArgs } from "@std/cli";
import { EXIT } from "../crash/exit_code.ts";
import { jsonOf, outcomeLine, summary } from "./report.ts";
import { FILTER_MUTANTS, isPerfect, runMutants } from "./run_mutants.ts";
import { SOURCE_MUTANTS } from "./source_mutants.ts";

const USAGE = "usage: deno task mutants [--json] [--list] [--area AREA] [--times] [NAME...]";

/** Runs the tool. Answers its exit code. */
export async function main(args: string[]): Promise<number> {
  const unknown: string[] = [];
  const options = parseArgs(args, {
    boolean: ["json", "list", "times", "help"],
    string: ["area"],
    unknown: (arg) => arg.startsWith("-") ? (unknown.push(arg), false) : true,
  });
  const names = options._.map(String);
  const isWanted = (name: string, area: string) =>
    (names.length === 0 || names.includes(name)) &&
    (options.area === undefined || options.area === area);
  const sources = SOURCE_MUTANTS.filter(({ name, area }) => isWanted(name, area));
  const filters = FILTER_MUTANTS.filter(({ name }) => isWanted(name, "ordering"));
  if (options.help) {
    console.log(USAGE);
    return EXIT.OK;
  }
  if (unknown.length > 0 || sources.length + filters.length < Math.max(1, names.length)) {
    console.error(unknown.length > 0 ? `unknown option ${unknown[0]}` : "no such defect");
    console.error(USAGE);
    return EXIT.USAGE;
  }
  if (options.list) {
    for (const { area, name } of sources) console.log(`${area}: ${name}`);
    for (const { name } of filters) console.log(`ordering: ${name}`);
    return EXIT.OK;
  }
  const report = await runMutants(sources, filters, ({ name, kill }) => {
    console.error(`${kill ? "killed" : "NOT KILLED"}: ${name}`);
  });
  if (options.json) console.log(jsonOf(report, options.times));
  else {
    for (const outcome of report.outcomes) console.log(outcomeLine(outcome, options.times));
    console.log(summary(report));
  }
  return isPerfect(report) ? EXIT.OK : EXIT.VIOLATION;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
