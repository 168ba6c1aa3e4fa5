import type { Adapter } from "./adapter.ts";
import { commandLine } from "./command_line.ts";
import type { CommandRunner } from "../kit/process_outcome.ts";
import type { AdapterResult, TestResult } from "./result.ts";
import type { ConformanceTest, TestCase } from "./cases/test_case.ts";
import { type Finding, TestWorkspace } from "./test_workspace.ts";

/** How to test. */
export interface RunOptions {
  /** What to test with. */
  readonly cases: readonly TestCase[];
  /** Which tests, by their names; all if not given. */
  readonly wants?: (testName: string) => boolean;
  /** An empty folder for the files. */
  readonly folder: string;
  /** Runs the commands. */
  readonly runner: CommandRunner;
  /** How many cases at a time. */
  readonly jobs: number;
  /** The time in milliseconds. */
  readonly now: () => number;
  /** Called after each case with the number of tests that are done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Test an implementation. A test that fails, or one that cannot be run, is a result like any other;
 * this throws for defects of the kit only.
 */
export async function runTests(adapter: Adapter, options: RunOptions): Promise<AdapterResult> {
  const { wants = () => true, folder, runner } = options;
  const version = await versionOf(adapter, runner, folder);
  const head = { name: adapter.name, ...(version.line !== undefined && { version: version.line }) };
  const allNames = options.cases.flatMap(({ tests }) => tests.map(({ name }) => name));
  const unknownTests = adapter.differences.flatMap(({ tests }) => Object.keys(tests))
    .filter((name) => !allNames.includes(name));
  if (version.missing !== undefined) {
    return { ...head, missing: version.missing, unknownTests, results: [] };
  }
  const wanted = options.cases
    .map((each) => ({ ...each, tests: each.tests.filter(({ name }) => wants(name)) }))
    .filter(({ tests }) => tests.length > 0);
  const total = wanted.reduce((sum, { tests }) => sum + tests.length, 0);
  let done = 0;
  const results: TestResult[][] = [];
  await inParallel(wanted.length, options.jobs, async (index) => {
    const place = `${folder}/${index}`;
    Deno.mkdirSync(place);
    try {
      results[index] = await testCase(adapter, wanted[index], place, options);
    } finally {
      Deno.removeSync(place, { recursive: true });
    }
    done += wanted[index].tests.length;
    options.onProgress?.(done, total);
  });
  return { ...head, unknownTests, results: results.flat() };
}

async function versionOf(
  adapter: Adapter,
  runner: CommandRunner,
  folder: string,
): Promise<{ line?: string; missing?: string }> {
  if (!adapter.version) return {};
  const outcome = await runner.run(commandLine(adapter, adapter.version, {}), folder);
  if (outcome.kind !== "exited") return { missing: outcome.why };
  if (outcome.code !== 0) return { missing: `${adapter.version.join(" ")} fails` };
  return { line: new TextDecoder().decode(outcome.stdout).split("\n")[0] };
}

async function inParallel(
  count: number,
  jobs: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.max(1, jobs) }, worker));
}

async function testCase(
  adapter: Adapter,
  one: TestCase,
  folder: string,
  options: RunOptions,
): Promise<TestResult[]> {
  const results: TestResult[] = [];
  let shared: TestWorkspace | undefined;
  for (const [index, test] of one.tests.entries()) {
    const lacking = whatIsLacking(adapter, one, test);
    const { name, expected } = test;
    if (lacking !== undefined) {
      results.push({ name, expected, status: "lacking", why: lacking, milliseconds: 0 });
      continue;
    }
    const newPlace = (writes: boolean) => {
      const { runner } = options;
      const inside = `${folder}/${index}`;
      Deno.mkdirSync(inside);
      return new TestWorkspace({ adapter, runner, folder: inside, files: one.files, writes });
    };
    const place = test.writes ? newPlace(true) : shared ??= newPlace(false);
    const start = options.now();
    const finding = await test.run(place);
    const milliseconds = options.now() - start;
    results.push({ name, expected, ...compareWithKnown(adapter, name, finding), milliseconds });
  }
  return results;
}

function whatIsLacking(
  adapter: Adapter,
  one: TestCase,
  test: ConformanceTest,
): string | undefined {
  if (one.needs !== undefined && adapter.lacks.includes(one.needs)) return one.needs;
  const missing = test.commands.find((command) => adapter.commands[command] === undefined);
  return missing === undefined ? undefined : `command ${missing}`;
}

/** Compare with what is known of the implementation. */
function compareWithKnown(
  adapter: Adapter,
  name: string,
  finding: Finding,
): Pick<TestResult, "status" | "found" | "why" | "detail"> {
  const known = adapter.differences.find(({ tests }) => Object.hasOwn(tests, name));
  if (!known) return finding ? { status: "failed", ...finding } : { status: "passed" };
  const { why } = known;
  if (!finding) {
    return { status: "surprising", found: "passes, but is listed as a known difference", why };
  }
  if (finding.found === known.tests[name]) return { status: "known", ...finding, why };
  const found = `${finding.found}; listed as known is "${known.tests[name]}"`;
  return { status: "surprising", found, why, detail: finding.detail };
}
