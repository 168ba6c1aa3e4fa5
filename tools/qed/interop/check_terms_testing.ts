/** The outcome of `check --output=json`, of our tool and of QEMU's. */
import { runTool } from "../../../test_support/qemu.ts";
import { runQed } from "../run_testing.ts";

/** What came out of a check. */
export interface CheckOutcome {
  /** Exit code: 0 clean, 1 could not check, 2 corruptions, 3 leaks only. */
  readonly code: number;
  /** Standard output: one JSON object, or nothing if the check failed. */
  readonly text: string;
  /** The numbers of that object; what is zero is mostly left out. */
  readonly counts: Readonly<Record<string, number>>;
}

/** Check an image file with `qemu-img check`. */
export async function checkWithQemu(path: string): Promise<CheckOutcome> {
  return outcome(await runTool("qemu-img", checkArgs(path)));
}

/** Check an image file with `qed check`, in this process. */
export async function checkHere(path: string): Promise<CheckOutcome> {
  return outcome(await runQed(checkArgs(path)));
}

function checkArgs(path: string): string[] {
  return ["check", "-f", "qed", "--output=json", path];
}

function outcome({ code, stdout }: { code: number; stdout: string }): CheckOutcome {
  const { filename: _, format: __, ...counts } = JSON.parse(stdout || "{}");
  return { code, text: stdout, counts };
}
