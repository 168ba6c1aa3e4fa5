/**
 * The conformance kit: `deno task conformance`.
 *
 * @module
 */
import { type Io, systemIo } from "../kit/io.ts";
import { Progress } from "../kit/progress.ts";
import { UsageError } from "../kit/usage_error.ts";
import type { Adapter } from "./adapter.ts";
import { allCases } from "./cases/all_cases.ts";
import { HELP } from "./help.ts";
import { loadAdapter } from "./load_adapter.ts";
import { type Options, parseOptions } from "./options.ts";
import type { CommandRunner } from "./outcome.ts";
import { LIMITS, ProcessRunner } from "./process_runner.ts";
import { junitXml } from "./report_junit.ts";
import { describeInMarkdown } from "./report_markdown.ts";
import { describeResults, totalsOf } from "./report_text.ts";
import { type AdapterResult, isAsDocumented } from "./result.ts";
import { runTests } from "./run_tests.ts";
import type { TestCase } from "./cases/test_case.ts";
import { saveFiles } from "./workplace.ts";

/** How it ends. */
const EXIT = { ok: 0, failures: 1, usage: 2 } as const;

/** What the kit needs of the world, besides streams and signals. */
export interface World {
  /** Streams and signals. */
  readonly io: Io;
  /** Whether an implementation that is missing is a failure. */
  readonly requiresAll: boolean;
  /** Tells the time in milliseconds. */
  readonly now: () => number;
  /** Runs commands; processes if not given. */
  readonly runner?: CommandRunner;
}

/** Run the command line `args`. Answers the exit code. */
export async function main(args: readonly string[], world: World): Promise<number> {
  const { io } = world;
  let options: Options;
  let adapters: Adapter[];
  try {
    options = parseOptions(args);
    adapters = options.adapters.map(loadAdapter);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    io.complain(`conformance: ${error.message}\nTry 'deno task conformance --help'.\n`);
    return EXIT.usage;
  }
  if (options.output === "help") {
    io.print(HELP);
    return EXIT.ok;
  }
  const cases = allCases();
  if (options.output === "list") {
    io.print(describeTests(cases, options));
    return EXIT.ok;
  }
  if (options.exportTo !== undefined) {
    for (const { name, files } of cases) {
      saveFiles(files, `${options.exportTo}/${name.replaceAll(/[^a-zA-Z0-9/._-]+/g, "-")}`);
    }
    return EXIT.ok;
  }
  if (!cases.some(({ tests }) => tests.some(({ name }) => options.wants(name)))) {
    io.complain("conformance: No test has a name like that; --list lists them\n");
    return EXIT.usage;
  }
  const results = await testAll(adapters, cases, options, world);
  if (options.junit !== undefined) Deno.writeTextFileSync(options.junit, junitXml(results));
  io.print(report(adapters, cases, results, options));
  return exitCode(adapters, results, options, world);
}

async function testAll(
  adapters: readonly Adapter[],
  cases: readonly TestCase[],
  options: Options,
  world: World,
): Promise<AdapterResult[]> {
  const { io, now } = world;
  const processes = new ProcessRunner({ ...LIMITS, seconds: options.seconds ?? LIMITS.seconds });
  const runner = world.runner ?? processes;
  const folder = Deno.makeTempDirSync({ prefix: "powercut_conformance_" });
  using _interrupt = io.onInterrupt(() => {
    processes.killAll();
    removeFolder(folder);
  });
  try {
    const results: AdapterResult[] = [];
    for (const [index, adapter] of adapters.entries()) {
      using progress = new Progress(io, { isWanted: false, isQuiet: false });
      const own = `${folder}/${index}`;
      Deno.mkdirSync(own);
      results.push(
        await runTests(adapter, {
          cases,
          wants: options.wants,
          folder: own,
          runner,
          jobs: options.jobs,
          now,
          onProgress: (done, total) => progress.update(done, total),
        }),
      );
    }
    return results;
  } finally {
    removeFolder(folder);
  }
}

/** Remove a folder that killed processes may still be in. */
function removeFolder(folder: string): void {
  try {
    Deno.removeSync(folder, { recursive: true });
  } catch {
    // One of them has made another file meanwhile. It is a folder for temporary files.
  }
}

function report(
  adapters: readonly Adapter[],
  cases: readonly TestCase[],
  results: readonly AdapterResult[],
  options: Options,
): string {
  if (options.output === "json") {
    const all = results.map((result) => ({ ...result, totals: totalsOf(result.results) }));
    return `${JSON.stringify({ adapters: all }, null, 2)}\n`;
  }
  if (options.output === "markdown") {
    return adapters.map((adapter, i) => describeInMarkdown(adapter, results[i], cases)).join("\n");
  }
  return describeResults(results);
}

function exitCode(
  adapters: readonly Adapter[],
  results: readonly AdapterResult[],
  options: Options,
  { io, requiresAll }: World,
): number {
  let isGood = results.every(isAsDocumented);
  for (const [index, { name, version, missing }] of results.entries()) {
    const { differencesOf } = adapters[index];
    if (missing !== undefined) {
      const counts = options.isNamed || requiresAll;
      io.complain(`conformance: ${name} was NOT TESTED: ${missing}\n`);
      if (counts) isGood = false;
    } else if (differencesOf !== undefined && !version?.startsWith(differencesOf)) {
      io.complain(
        `conformance: the differences of ${name} are those of "${differencesOf}", ` +
          `but this is "${version}"\n`,
      );
    }
  }
  return isGood ? EXIT.ok : EXIT.failures;
}

function describeTests(cases: readonly TestCase[], options: Options): string {
  return cases.flatMap(({ about, tests }) =>
    tests.filter(({ name }) => options.wants(name))
      .map(({ name, expected }) => `${name}: ${expected}  (${about})\n`)
  ).join("");
}

if (import.meta.main) {
  Deno.exit(
    await main(Deno.args, {
      io: systemIo(),
      requiresAll: Deno.env.get("POWERCUT_REQUIRE_ALL") === "1",
      now: () => performance.now(),
    }),
  );
}
