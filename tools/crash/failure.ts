import {
  ChoiceError,
  NotDeterministicError,
  SpaceTooLargeError,
  TargetError,
} from "../../harness/advanced.ts";
import { HostError } from "../../lib/chain/mod.ts";
import { StepLimitError } from "../../lib/storage/mod.ts";
import { UnknownNameError } from "../../scenarios/qed/look_up.ts";
import { RecordedLogError } from "../../scenarios/qed/recorded_log.ts";
import type { Failure } from "../kit/command.ts";
import { EXIT } from "../kit/exit_codes.ts";
import { didYouMean } from "../kit/nearest.ts";
import { FullError, QemuToolError } from "../trials/qemu_tool_error.ts";

type ErrorClass = abstract new (...args: never[]) => Error;

/** Errors that follow from the command line, or from a file or tool that it names. */
const USER_ERRORS: readonly ErrorClass[] = [
  HostError,
  SpaceTooLargeError,
  ChoiceError,
  QemuToolError,
  FullError,
  RecordedLogError,
];

/** Errors of the code under test. */
const TARGET_ERRORS: readonly ErrorClass[] = [TargetError, NotDeterministicError, StepLimitError];

/** Explains an error of `crash`: whose fault it is. Undefined for a defect of Powercut. */
export function failureOf(error: unknown): Failure | undefined {
  const isOf = (kinds: readonly ErrorClass[]) => kinds.some((kind) => error instanceof kind);
  if (error instanceof UnknownNameError) {
    const { message, given, known } = error;
    return { code: EXIT.USAGE, message: `${message}${didYouMean(given, known)}` };
  }
  const { message, cause } = (error ?? {}) as Error;
  if (isOf(USER_ERRORS)) return { code: EXIT.USAGE, message };
  if (!isOf(TARGET_ERRORS)) return undefined;
  const stack = cause instanceof Error ? `\n${cause.stack}` : "";
  return { code: EXIT.TARGET, message: `${message}${stack}` };
}
