import { assertEquals } from "@std/assert";
import { CapturedIo } from "./captured_io.ts";

Deno.test("a status line is drawn ten times a second, replaced, and removed before other output", () => {
  let now = 0;
  const captured = new CapturedIo({ isTerminal: { stderr: true }, now: () => now });
  captured.io.showStatus("1 of 3");
  captured.io.showStatus("2 of 3");
  now += 100;
  captured.io.showStatus("3 of 3");
  captured.io.printLine("done");
  captured.io.clearStatus();
  assertEquals([captured.stdout, captured.stderr], [
    "done\n",
    "1 of 3\x1b[K\r3 of 3\x1b[K\r\x1b[K",
  ]);
});

Deno.test("without a terminal a status line is shown only if it was asked for", () => {
  const { io, ...captured } = new CapturedIo();
  const quiet = new CapturedIo();
  quiet.io.showStatus("1 of 3");
  assertEquals(quiet.stderr, "");
  const wanted = new CapturedIo();
  wanted.io.showStatus("1 of 3", { isWanted: true });
  wanted.io.printError("failed");
  assertEquals(wanted.stderr, "1 of 3\r\nfailed\n");
  io.clearStatus();
  assertEquals(captured.stderr, "");
});

Deno.test("command lines to copy are quoted for a shell", () => {
  const { io } = new CapturedIo();
  assertEquals(io.commandText("crash", "replay", "a.json"), "powercut crash replay a.json");
  assertEquals(io.commandText("crash", "it's a"), String.raw`powercut crash 'it'\''s a'`);
});

Deno.test("the first signal asks the program to stop, and the listener is gone after it", () => {
  const captured = new CapturedIo();
  let stops = 0;
  using _ = captured.io.onStop(() => stops++);
  captured.signal();
  captured.signal();
  assertEquals(stops, 1);
});
