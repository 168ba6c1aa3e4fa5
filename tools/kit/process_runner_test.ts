import { assertEquals } from "@std/assert";
import { isRunning } from "../../test_support/is_running.ts";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { type Limits, ProcessRunner } from "./process_runner.ts";

function run(script: string, limits: Limits = {}, dir = ".") {
  return new ProcessRunner(limits).run(["sh", "-c", script], dir);
}

Deno.test("the outcome of a command is its exit code and its output", async () => {
  const outcome = await run("echo out; echo err >&2; exit 7");
  assertEquals(outcome, {
    kind: "exited",
    code: 7,
    stdout: new TextEncoder().encode("out\n"),
    stderr: "err\n",
  });
});

Deno.test("a command that takes too much memory is killed", async () => {
  const outcome = await run("sleep 600", { memoryBytes: 1 });
  assertEquals(outcome, {
    kind: "killed",
    why: "it took more than 1 bytes of memory",
    stderr: "",
  });
});

Deno.test("a command that writes too much is killed", () =>
  inTempDir(async (dir) => {
    const outcome = await run("yes > output", { diskBytes: 2 ** 20 }, dir);
    assertEquals(outcome.kind === "killed" && outcome.why, "it wrote more than 1048576 bytes");
  }));

Deno.test("processes that a command leaves behind end with it, and do not delay its outcome", async () => {
  const outcome = await run("sleep 600 & echo $!");
  assertEquals(outcome.kind, "exited");
  const pid = outcome.kind === "exited" ? new TextDecoder().decode(outcome.stdout).trim() : "";
  assertEquals(/^\d+$/.test(pid), true);
  // The process has its signal; a busy machine may take a while to deliver it.
  for (let i = 0; i < 10_000 && isRunning(pid); i++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assertEquals(isRunning(pid), false);
});

Deno.test("all running commands can be killed together", async () => {
  const runner = new ProcessRunner();
  const running = [1, 2].map(() => runner.run(["sleep", "600"], "."));
  runner.killAll();
  for (const outcome of await Promise.all(running)) {
    assertEquals(outcome, { kind: "crashed", code: 137, why: "SIGKILL", stderr: "" });
  }
});

Deno.test("a program that is not there is missing", async () => {
  const outcome = await new ProcessRunner().run(["./no-such-program"], ".");
  assertEquals(outcome.kind, "missing");
});
