import { ProcessRunner } from "../kit/process_runner.ts";
import { QemuToolCrash, QemuToolError, TIMEOUT_MS } from "./qemu_tool_error.ts";

const MIN_MAJOR = 6;
const RUNNER = new ProcessRunner({ seconds: TIMEOUT_MS / 1000 });

/** The result of a run of `qemu-img`. */
export interface QemuImgResult {
  /** Its exit code. */
  readonly code: number;
  /** Its standard output. */
  readonly stdout: string;
  /** Its standard error. */
  readonly stderr: string;
}

/**
 * Run `qemu-img`. Throws {@linkcode QemuToolCrash} if it ends by a signal or does not end, and
 * {@linkcode QemuToolError} if it is not there.
 */
export async function qemuImg(
  args: readonly string[],
  { cwd = "." }: { readonly cwd?: string } = {},
): Promise<QemuImgResult> {
  const outcome = await RUNNER.run(["qemu-img", ...args], cwd);
  switch (outcome.kind) {
    case "exited": {
      const { code, stdout, stderr } = outcome;
      return { code, stdout: new TextDecoder().decode(stdout), stderr };
    }
    case "missing":
      throw new QemuToolError("qemu-img is not installed (Debian: qemu-utils)");
    case "killed":
      throw new QemuToolCrash(`qemu-img ${args[0]} did not end in ${TIMEOUT_MS / 1000} s`);
    case "crashed":
      throw new QemuToolCrash(`qemu-img ${args[0]} ended by ${outcome.why}`);
  }
}

/**
 * The version of the QEMU that is installed, such as `7.2.22`. Throws {@linkcode QemuToolError} if there
 * is none, or one too old for what is asked of it here.
 */
export async function qemuVersion(): Promise<string> {
  const { stdout } = await qemuImg(["--version"]);
  const [, version] = /version (\d+\.\d+\.\d+)/.exec(stdout) ?? [];
  if (version === undefined) {
    throw new QemuToolError(`qemu-img: unknown version "${stdout.trim()}"`);
  }
  if (Number.parseInt(version) < MIN_MAJOR) {
    throw new QemuToolError(`QEMU ${version} is too old: at least ${MIN_MAJOR}.0 is needed`);
  }
  return version;
}

/** The verdict of `qemu-img check` on an image. */
export interface CheckVerdict {
  /** How many errors it finds in the metadata. */
  readonly corruptions: number;
  /** How much space nothing refers to, in clusters. */
  readonly leaks: number;
  /** Why it could not check at all; undefined if it could. */
  readonly refusal?: string;
}

/** Have an image checked, and repaired if that is asked for. */
export async function checkImage(
  { driver, path, repairs }: { driver: string; path: string; repairs?: boolean },
): Promise<CheckVerdict> {
  const how = ["--output=json", "-f", driver, ...(repairs ? ["-r", "all"] : [])];
  const { stdout, stderr } = await qemuImg(["check", ...how, path]);
  const [complaint] = stderr.trim().replaceAll(path, "the image").split("\n");
  if (stdout.trim() === "") return { corruptions: 0, leaks: 0, refusal: complaint };
  const { corruptions = 0, leaks = 0, "check-errors": errors = 0 } = JSON.parse(stdout);
  return { corruptions, leaks, ...(errors > 0 && { refusal: complaint }) };
}
