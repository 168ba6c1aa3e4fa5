import { assertEquals } from "@std/assert";
import { CapturedIo } from "./captured_io.ts";
import { escapeControls } from "./control_characters.ts";

const HOSTILE = "a\x1b[31mb\r\x9bc\u202ed\x7f";

Deno.test("control characters become escapes, line breaks and tabs stay", () => {
  assertEquals(escapeControls(HOSTILE), "a\\x1b[31mb\\x0d\\x9bc\\u202ed\\x7f");
  assertEquals(escapeControls("a\tb\nü 😀"), "a\tb\nü 😀");
});

Deno.test("a terminal gets escapes, and a file the bytes as they are", () => {
  const terminal = new CapturedIo({ isTerminal: { stdout: true } });
  terminal.io.printLine(HOSTILE);
  assertEquals(terminal.stdout, `${escapeControls(HOSTILE)}\n`);
  const file = new CapturedIo();
  file.io.printLine(HOSTILE);
  file.io.printError(HOSTILE);
  assertEquals([file.stdout, file.stderr], [`${HOSTILE}\n`, `${escapeControls(HOSTILE)}\n`]);
});
