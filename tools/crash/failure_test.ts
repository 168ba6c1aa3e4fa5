import { assertEquals, assertStringIncludes } from "@std/assert";
import { NotDeterministicError, TargetError } from "../../harness/advanced.ts";
import { StepLimitError } from "../../lib/storage/mod.ts";
import { UnknownNameError } from "../../scenarios/qed/look_up.ts";
import { EXIT } from "../kit/exit_codes.ts";
import { QemuToolError } from "../trials/qemu_tool_error.ts";
import { failureOf } from "./failure.ts";

Deno.test("an error of the user comes without a stack, and with the nearest name", () => {
  assertEquals(failureOf(new QemuToolError("qemu-img is not installed")), {
    code: EXIT.USAGE,
    message: "qemu-img is not installed",
  });
  assertEquals(failureOf(new UnknownNameError("preset", "block", ["blocks", "writes"])), {
    code: EXIT.USAGE,
    message: "unknown preset 'block': one of blocks, writes (did you mean 'blocks'?)",
  });
});

Deno.test("an error of the target's own code has its own exit code, and a stack", () => {
  const failure = failureOf(new TargetError("toy", new TypeError("no table")))!;
  assertEquals(failure.code, EXIT.TARGET);
  assertStringIncludes(failure.message, "TypeError: no table");
  assertStringIncludes(failure.message, "failure_test.ts"); // the stack of the cause
});

Deno.test("so has a target that never ends, or is not deterministic", () => {
  assertEquals(failureOf(new StepLimitError("no end"))?.code, EXIT.TARGET);
  const error = new NotDeterministicError("recovery", "request 1 is missing");
  assertEquals(failureOf(error)?.code, EXIT.TARGET);
});

Deno.test("anything else is a defect of Powercut", () => {
  assertEquals(failureOf(new Error("impossible")), undefined);
  assertEquals(failureOf(undefined), undefined);
});
