import { assertEquals, assertRejects } from "@std/assert";
import { MemoryStorage, type Operation, StorageError } from "../storage/mod.ts";
import { pause } from "./pause.ts";
import { runInTurns } from "./run_in_turns.ts";

Deno.test("other work runs at each pause, and after many requests without one", async () => {
  function* work(): Operation<string> {
    yield* pause();
    for (let i = 0; i < 600; i++) yield { kind: "size", file: 0 };
    yield* pause();
    return "done";
  }
  const turns: boolean[] = [];
  const result = await runInTurns(work(), [new MemoryStorage()], (isSafe) => {
    turns.push(isSafe);
    return Promise.resolve();
  });
  assertEquals([result, turns], ["done", [true, false, false, true]]);
});

Deno.test("failures reach the operation, which may handle them", async () => {
  const full = new MemoryStorage(new Uint8Array(0), { capacityBytes: 10 });
  function* write(handles: boolean): Operation<string> {
    try {
      const bytes = new Uint8Array(20);
      yield { kind: "write", file: 0, offsetBytes: 0, bytes, label: "data" };
      return "written";
    } catch (error) {
      if (handles) return "handled";
      throw error;
    }
  }
  const turn = () => Promise.resolve();
  assertEquals(await runInTurns(write(true), [full], turn), "handled");
  await assertRejects(() => runInTurns(write(false), [full], turn), StorageError, "ENOSPC");
});

Deno.test("an error of a turn ends the operation", async () => {
  let isOver = false;
  function* work(): Operation<void> {
    try {
      yield* pause();
    } finally {
      isOver = true;
    }
  }
  await assertRejects(
    () => runInTurns(work(), [], () => Promise.reject(new Error("stop"))),
    Error,
    "stop",
  );
  assertEquals(isOver, true);
});
