/**
 * Tests that need QEMU's tools, and functions to run the tools.
 *
 * @module
 */
import { ProcessRunner } from "../tools/kit/process_runner.ts";
import { optionalTest, type TestBody } from "./optional.ts";
import { withSeeds } from "./seeds.ts";
import { inTempDir } from "./temp_dir.ts";

/** The programs that these tests run; Debian has all in `qemu-utils`. */
export type QemuTool = "qemu-img" | "qemu-io" | "qemu-nbd";

/** The output and exit status of a tool. */
export interface ToolResult {
  /** The exit code; 128 plus the number of the signal if one ended it. */
  readonly code: number;
  /** Standard output. */
  readonly stdout: string;
  /** Standard error. */
  readonly stderr: string;
}

/** Settings of {@linkcode runTool}. */
export interface RunToolOptions {
  /** The working directory. Relative names of backing files are relative to their image instead. */
  readonly cwd?: string;
}

/** Run a tool to its end. Throws if it is missing; check the code of the result. */
export async function runTool(
  tool: QemuTool,
  args: readonly string[],
  options: RunToolOptions = {},
): Promise<ToolResult> {
  const outcome = await new ProcessRunner().run([tool, ...args], options.cwd ?? ".");
  const { stderr } = outcome;
  switch (outcome.kind) {
    case "exited":
      return { code: outcome.code, stdout: new TextDecoder().decode(outcome.stdout), stderr };
    case "crashed":
      return { code: outcome.code, stdout: "", stderr };
    default:
      throw new Error(`${tool}: ${outcome.why}\n${stderr}`);
  }
}

/** Run a tool that must succeed. Throws an error with the command and its output if it fails. */
export async function runToolOk(
  tool: QemuTool,
  args: readonly string[],
  options: RunToolOptions = {},
): Promise<string> {
  const result = await runTool(tool, args, options);
  if (result.code === 0) return result.stdout;
  throw new Error(describeFailure(tool, args, result));
}

/** The command, its exit code and its output, for the message of a failed test. */
export function describeFailure(
  tool: QemuTool,
  args: readonly string[],
  result: ToolResult,
): string {
  return `${tool} ${args.join(" ")}: exit ${result.code}\n${result.stdout}${result.stderr}`;
}

/** Why the tests that need QEMU cannot run here, or undefined if they can. */
export function missingQemu(): string | undefined {
  for (const tool of ["qemu-img", "qemu-io", "qemu-nbd"] as const) {
    try {
      const { success } = new Deno.Command(tool, { args: ["--version"], stdin: "null" })
        .outputSync();
      if (!success) return `${tool} --version fails`;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      return `${tool} is not in PATH (Debian: apt-get install qemu-utils)`;
    }
  }
  return undefined;
}

const missing = missingQemu();

/** Declare a test that needs QEMU's tools; see {@linkcode optionalTest}. */
export function qemuTest(name: string, body: TestBody): void {
  optionalTest({ name, missing, body });
}

/** Declare such a test with a directory for its files. */
export function qemuDirTest(name: string, body: (dir: string) => Promise<void>): void {
  qemuTest(name, () => inTempDir(body));
}

/** Declare a test that needs QEMU's tools, with one step for each of the seeds. */
export function seededQemuTest(name: string, body: (seed: number) => Promise<void>): void {
  qemuTest(name, withSeeds(body));
}
