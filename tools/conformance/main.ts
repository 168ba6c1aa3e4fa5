/**
 * The conformance kit: `powercut conformance`.
 *
 * @module
 */
import { type Command, defineCommand } from "../kit/command.ts";
import { EXIT, INTERNAL_ROW } from "../kit/exit_codes.ts";
import { writeTextFile } from "../kit/files.ts";
import type { Io } from "../kit/io.ts";
import { printJson } from "../kit/json.ts";
import type { ParsedArgs } from "../kit/parsed_args.ts";
import type { CommandRunner } from "../kit/process_outcome.ts";
import { type Limits, ProcessRunner } from "../kit/process_runner.ts";
import { TempDir } from "../kit/temp_dir.ts";
import { UsageError } from "../kit/usage_error.ts";
import type { Adapter } from "./adapter.ts";
import { allCases } from "./cases/all_cases.ts";
import type { TestCase } from "./cases/test_case.ts";
import { loadAdapter, SHIPPED } from "./load_adapter.ts";
import { junitXml } from "./report_junit.ts";
import { describeInMarkdown } from "./report_markdown.ts";
import { describeResults, totalsOf } from "./report_text.ts";
import { type AdapterResult, isAsDocumented } from "./result.ts";
import { runTests } from "./run_tests.ts";
import { saveFiles } from "./test_workspace.ts";

/** The limits of a command, which no test of a small image needs. */
const LIMITS: Required<Limits> = {
  seconds: 60,
  memoryBytes: 2 ** 31,
  printedBytes: 2 ** 24,
  diskBytes: 2 ** 29,
};
const DEFAULT_JOBS = 2;
const MAX_COUNT = 9999;

/** The world of the kit, besides streams and signals. */
export interface World {
  /** Whether a missing implementation is a failure; as `POWERCUT_REQUIRE_ALL` says if not given. */
  readonly requiresAll?: boolean;
  /** Runs commands; processes if not given. */
  readonly runner?: CommandRunner;
}

/** The kit in a world of its own. */
export function conformanceIn(world: World): Command {
  return defineCommand({
    name: "conformance",
    summary: "test an implementation of QED",
    operands: [],
    options: [
      {
        long: "adapter",
        value: "NAME|FILE",
        isRepeatable: true,
        help: `test this implementation (${
          SHIPPED.join(" and ")
        }); may be given several times; FILE ends with .json`,
      },
      {
        long: "only",
        value: "PATTERN",
        help: "only tests whose name contains PATTERN, in which * stands for any text",
      },
      { long: "list", help: "list the tests and the expected results, and run none" },
      { long: "json", help: "print JSON" },
      { long: "junit", value: "FILE", help: "write JUnit XML as well" },
      { long: "markdown", help: "print the table of docs/conformance.md" },
      { long: "export", value: "FOLDER", help: "write the files of all cases, and run nothing" },
      { long: "jobs", value: "N", help: `number of cases at a time (${DEFAULT_JOBS})` },
      { long: "seconds", value: "N", help: `time limit of a command (${LIMITS.seconds})` },
    ],
    conflicts: [["json", "markdown"], ["json", "list"], ["markdown", "list"]],
    notes:
      "Checks how an implementation treats images that are good, images that break a rule, and\n" +
      "whether this library accepts the images that it writes. An implementation that is not\n" +
      "installed is left out, with a message; with POWERCUT_REQUIRE_ALL=1 that is a failure.\n" +
      "docs/conformance.md says how to describe another implementation.",
    exitCodes: [
      [EXIT.OK, "all results are as expected, or as the adapter lists them"],
      [EXIT.FINDING, "a result differs, or an implementation that --adapter names is missing"],
      INTERNAL_ROW,
    ],
    examples: [
      ["", "this library and qemu-img"],
      ["--adapter my-qed.json --junit results.xml", "another implementation"],
      ["--adapter qemu-img --only 'dirty/*: repair'", "some of the tests"],
    ],
    run: (args, io) => runKit(args, io, world),
  });
}

/** The conformance kit. */
export const CONFORMANCE: Command = conformanceIn({});

async function runKit(args: ParsedArgs, io: Io, world: World): Promise<number> {
  const isNamed = args.has("adapter");
  const adapters = (isNamed ? args.values("adapter") : SHIPPED).map(loadAdapter);
  const wants = matcher(args.value("only") ?? "*");
  const options = {
    wants,
    jobs: args.count("jobs", { max: MAX_COUNT }) ?? DEFAULT_JOBS,
    seconds: args.count("seconds", { max: MAX_COUNT }) ?? LIMITS.seconds,
  };
  const cases = allCases();
  if (!cases.some(({ tests }) => tests.some(({ name }) => wants(name)))) {
    throw new UsageError("--only: no test has a name like that; --list lists them");
  }
  if (args.has("list")) {
    io.print(describeTests(cases, wants));
    return EXIT.OK;
  }
  const exportTo = args.value("export");
  if (exportTo !== undefined) {
    for (const { name, files } of cases) {
      saveFiles(files, `${exportTo}/${name.replaceAll(/[^a-zA-Z0-9/._-]+/g, "-")}`);
    }
    return EXIT.OK;
  }
  const results = await testAll(adapters, cases, { ...options, io, runner: world.runner });
  const junit = args.value("junit");
  if (junit !== undefined) writeTextFile(junit, junitXml(results));
  if (args.has("json")) {
    const all = results.map((result) => ({ ...result, totals: totalsOf(result.results) }));
    printJson(io, { adapters: all });
  } else if (args.has("markdown")) {
    io.print(adapters.map((each, i) => describeInMarkdown(each, results[i], cases)).join("\n"));
  } else io.print(describeResults(results));
  const { requiresAll = Deno.env.get("POWERCUT_REQUIRE_ALL") === "1" } = world;
  return exitCode(adapters, results, isNamed || requiresAll, io);
}

interface TestAllOptions {
  readonly wants: (testName: string) => boolean;
  readonly jobs: number;
  readonly seconds: number;
  readonly io: Io;
  readonly runner: CommandRunner | undefined;
}

async function testAll(
  adapters: readonly Adapter[],
  cases: readonly TestCase[],
  { wants, jobs, seconds, io, runner }: TestAllOptions,
): Promise<AdapterResult[]> {
  const processes = new ProcessRunner({ ...LIMITS, seconds });
  // A signal kills the processes first: they write into the folder.
  const interrupts = {
    onInterrupt: (cleanUp: () => void) =>
      io.onInterrupt(() => {
        processes.killAll();
        cleanUp();
      }),
  };
  using folder = new TempDir({ prefix: "powercut_conformance_", io: interrupts });
  const results: AdapterResult[] = [];
  for (const [index, adapter] of adapters.entries()) {
    const own = `${folder.path}/${index}`;
    Deno.mkdirSync(own);
    results.push(
      await runTests(adapter, {
        ...{ cases, wants, jobs, folder: own, runner: runner ?? processes },
        now: () => io.now(),
        onProgress: (done, total) => io.showStatus(`${adapter.name}: ${done} of ${total} tests`),
      }),
    );
  }
  return results;
}

function exitCode(
  adapters: readonly Adapter[],
  results: readonly AdapterResult[],
  requiresAll: boolean,
  io: Io,
): number {
  let isGood = results.every(isAsDocumented);
  for (const [index, { name, version, missing }] of results.entries()) {
    const { differencesOf } = adapters[index];
    if (missing !== undefined) {
      io.printError(`conformance: ${name} was NOT TESTED: ${missing}`);
      if (requiresAll) isGood = false;
    } else if (differencesOf !== undefined && !version?.startsWith(differencesOf)) {
      io.printError(
        `conformance: the differences of ${name} are those of '${differencesOf}', ` +
          `but this is '${version}'`,
      );
    }
  }
  return isGood ? EXIT.OK : EXIT.FINDING;
}

function describeTests(cases: readonly TestCase[], wants: (testName: string) => boolean): string {
  return cases.flatMap(({ about, tests }) =>
    tests.filter(({ name }) => wants(name))
      .map(({ name, expected }) => `${name}: ${expected}  (${about})\n`)
  ).join("");
}

/** Whether a name contains the pattern, in which `*` stands for any text. */
function matcher(pattern: string): (name: string) => boolean {
  const parts = pattern.split("*").map(RegExp.escape);
  const expression = new RegExp(parts.join(".*"));
  return (name) => expression.test(name);
}
