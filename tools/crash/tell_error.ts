import {
  ChoiceError,
  NotDeterministicError,
  SpaceTooLargeError,
  TargetError,
} from "../../harness/mod.ts";
import { HostError } from "../../lib/chain/mod.ts";
import { StepLimitError } from "../../lib/storage/mod.ts";
import { FullError, QemuToolError } from "../trials/qemu_tool_error.ts";
import { UsageError } from "../kit/usage_error.ts";
import { UnknownNameError } from "../../scenarios/qed/look_up.ts";
import { RecordedLogError } from "../../scenarios/qed/recorded_log.ts";
import { EXIT } from "./exit_code.ts";
import type { Output } from "./output.ts";

type ErrorClass = abstract new (...args: never[]) => Error;

/** Errors whose reason is what the user asked for. */
const USER_ERRORS: readonly ErrorClass[] = [
  ...[UsageError, HostError, SpaceTooLargeError, ChoiceError],
  ...[QemuToolError, FullError, UnknownNameError, RecordedLogError],
];

/** Errors of the format under test, or of the scenario. */
const TARGET_ERRORS: readonly ErrorClass[] = [TargetError, NotDeterministicError, StepLimitError];

/** Say what went wrong, and whose fault it is. Answers the exit code. */
export function tellError(error: unknown, output: Pick<Output, "complain">): number {
  const is = (kinds: readonly ErrorClass[]) => kinds.some((kind) => error instanceof kind);
  if (is(USER_ERRORS)) {
    output.complain(`crash: ${(error as Error).message}`);
    output.complain("See deno task crash --help.");
    return EXIT.USAGE;
  }
  if (is(TARGET_ERRORS)) {
    const { message, cause } = error as Error;
    output.complain(`crash: ${message}`);
    if (cause instanceof Error) output.complain(`${cause.stack}`);
    return EXIT.TARGET;
  }
  output.complain("crash: a defect of this program, please report it:");
  output.complain(error instanceof Error ? `${error.stack}` : String(error));
  return EXIT.INTERNAL;
}
