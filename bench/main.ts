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
import { type Command, defineCommand } from "../tools/kit/command.ts";
import { EXIT, INTERNAL_ROW } from "../tools/kit/exit_codes.ts";
import { systemIo } from "../tools/kit/io.ts";
import { printJson } from "../tools/kit/json.ts";
import { lookUp } from "../tools/kit/nearest.ts";
import { runProgram } from "../tools/kit/run_program.ts";
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

/** The measurements. */
export const BENCH: Command = defineCommand({
  name: "bench",
  summary: "measure, each time beside a peer in the same run",
  operands: [{ name: "NAME", isOptional: true, isRepeatable: true }],
  options: [
    { long: "quick", help: "fewer rounds and smaller images" },
    { long: "json", help: "print the figures as JSON" },
  ],
  notes: `Measurements: ${BENCHMARKS.map((each) => each.name).join(", ")}.`,
  exitCodes: [[EXIT.OK, "measured"], INTERNAL_ROW],
  examples: [["--quick explorer", "one of them, roughly"]],
  async run(args, io) {
    const known = Object.fromEntries(BENCHMARKS.map((each) => [each.name, each]));
    const names = args.operands("NAME");
    const wanted = names.map((name) => lookUp("measurement", name, known));
    const isJson = args.has("json");
    const figures: Record<string, Readonly<Record<string, number>>> = {};
    for (const each of wanted.length > 0 ? wanted : BENCHMARKS) {
      const report = await each.run({ isQuick: args.has("quick") });
      figures[each.name] = report.figures;
      if (!isJson) io.printLine(`\n== ${each.name}\n\n${reportText(report)}`);
    }
    if (isJson) printJson(io, figures);
    return EXIT.OK;
  },
});

if (import.meta.main) {
  const io = systemIo("deno task");
  Deno.exit(await runProgram(BENCH, Deno.args, io));
}
