import { assertEquals, assertStringIncludes } from "@std/assert";
import { NotDeterministicError, TargetError } from "../../harness/mod.ts";
import { StepLimitError } from "../../lib/storage/mod.ts";
import { UsageError } from "../kit/usage_error.ts";
import { EXIT } from "./exit_code.ts";
import { tellError } from "./tell_error.ts";

function told(error: unknown): { code: number; text: string } {
  const lines: string[] = [];
  const code = tellError(error, { complain: (line) => lines.push(line) });
  return { code, text: lines.join("\n") };
}

Deno.test("what a user got wrong is told without a stack", () => {
  const { code, text } = told(new UsageError("no such file"));
  assertEquals(code, EXIT.USAGE);
  assertEquals(text, "crash: no such file\nSee deno task crash --help.");
});

Deno.test("an error of the target's own code has its own exit code, and says where it comes from", () => {
  const { code, text } = told(new TargetError("toy", new TypeError("no table")));
  assertEquals(code, EXIT.TARGET);
  assertStringIncludes(text, 'target "toy" threw TypeError: no table');
  assertStringIncludes(text, "tell_error_test.ts"); // the stack of the cause
});

Deno.test("so has a target that never ends, or does something else each time", () => {
  assertEquals(told(new StepLimitError("no end")).code, EXIT.TARGET);
  assertEquals(
    told(new NotDeterministicError("recovery", "request 1 is missing")).code,
    EXIT.TARGET,
  );
});

Deno.test("anything else is a defect of this program", () => {
  assertEquals(told(new Error("impossible")).code, EXIT.INTERNAL);
});
