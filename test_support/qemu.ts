/**
 * Tests that need QEMU's tools: how they are declared, and how the tools are run.
 *
 * @module
 */
import { optionalTest, type TestBody } from "./optional.ts";
import { withSeeds } from "./seeds.ts";
import { inTempDir } from "./temp_dir.ts";

/** The programs that these tests run; Debian has all in `qemu-utils`. */
export type QemuTool = "qemu-img" | "qemu-io" | "qemu-nbd";

/** What a tool printed and how it ended. */
export interface ToolResult {
  /** Exit code; 128 + the signal's number where a signal ended it. */
  readonly code: number;
  /** The signal that ended it, if one did. */
  readonly signal: Deno.Signal | null;
  /** Standard output. */
  readonly stdout: string;
  /** Standard error. */
  readonly stderr: string;
}

/** Settings of {@linkcode runTool}. */
export interface RunToolOptions {
  /** Working directory: relative names of backing files are resolved by their image, not by this. */
  readonly cwd?: string;
}

/** Run a tool to its end. It does not throw for a failure; look at the result's code. */
export async function runTool(
  tool: QemuTool,
  args: readonly string[],
  options: RunToolOptions = {},
): Promise<ToolResult> {
  const command = new Deno.Command(tool, {
    args: [...args],
    stdin: "null",
    ...(options.cwd !== undefined && { cwd: options.cwd }),
  });
  const { code, signal, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, signal, stdout: text(stdout), stderr: text(stderr) };
}

/** Run a tool that must succeed. Throws with the command and what it printed if it fails. */
export async function runToolOk(
  tool: QemuTool,
  args: readonly string[],
  options: RunToolOptions = {},
): Promise<string> {
  const result = await runTool(tool, args, options);
  if (result.code === 0) return result.stdout;
  throw new Error(describeFailure(tool, args, result));
}

/** The command and what came out of it, for the message of a failed test. */
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

/**
 * Declare a test that needs QEMU's tools. Without them it is ignored and a line says which test and
 * why; with `POWERCUT_REQUIRE_ALL=1` it fails.
 */
export function qemuTest(name: string, body: TestBody): void {
  optionalTest({ name, missing, body });
}

/** The same with a directory for the test's files. */
export function qemuDirTest(name: string, body: (dir: string) => Promise<void>): void {
  qemuTest(name, () => inTempDir(body));
}

/** Declare a test that needs QEMU's tools, with one step for each of the seeds. */
export function seededQemuTest(name: string, body: (seed: number) => Promise<void>): void {
  qemuTest(name, withSeeds(body));
}
