/** `deno task bench [NAME...]`: measurements, each beside a peer in the same run. */
import * as agreement from "./agreement.ts";
import * as allocations from "./allocations.ts";
import * as check from "./check.ts";
import * as checkGrowth from "./check_growth.ts";
import * as convert from "./convert.ts";
import * as drivers from "./drivers.ts";
import * as explorer from "./explorer.ts";
import * as million from "./million.ts";
import * as nbd from "./nbd.ts";
import * as randomWrites from "./random_writes.ts";
import * as reads from "./reads.ts";
import * as recordedLog from "./recorded_log.ts";
import * as reportPage from "./report_page.ts";
import * as shrink from "./shrink.ts";
import * as workers from "./workers.ts";
import { type Benchmark, reportText } from "./report.ts";

const BENCHMARKS: readonly Benchmark[] = [
  explorer,
  check,
  checkGrowth,
  convert,
  randomWrites,
  allocations,
  reads,
  shrink,
  workers,
  agreement,
  million,
  drivers,
  recordedLog,
  reportPage,
  nbd,
];

const HELP = `usage: deno task bench [--quick] [--json] [NAME...]

Measures, each beside a peer in the same run: ${BENCHMARKS.map((each) => each.name).join(", ")}.

  --quick  fewer rounds and smaller images
  --json   print the figures for programs
  --help   print this
`;

const FLAGS = ["--quick", "--json", "--help"];

async function main(args: readonly string[]): Promise<number> {
  const isFlag = (arg: string) => arg.startsWith("-");
  const wanted = args.filter((arg) => !isFlag(arg));
  const unknown = args.find((arg) =>
    isFlag(arg) ? !FLAGS.includes(arg) : !BENCHMARKS.some((each) => each.name === arg)
  );
  if (unknown !== undefined) {
    console.error(`bench: there is no "${unknown}"\n\n${HELP}`);
    return 2;
  }
  if (args.includes("--help")) {
    console.log(HELP);
    return 0;
  }
  const isQuick = args.includes("--quick");
  const isJson = args.includes("--json");
  const figures: Record<string, Readonly<Record<string, number>>> = {};
  for (const each of BENCHMARKS) {
    if (wanted.length > 0 && !wanted.includes(each.name)) continue;
    const report = await each.run({ isQuick });
    figures[each.name] = report.figures;
    if (!isJson) console.log(`\n== ${each.name}\n\n${reportText(report)}`);
  }
  if (isJson) console.log(JSON.stringify(figures, undefined, 2));
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
