import { assertEquals } from "@std/assert";
import { systemMessage } from "./system_message.ts";

Deno.test("errors of the system have its message, whatever else they say", () => {
  const messages = ["ENOENT", "EACCES", "ENOSPC", "EISDIR", "EDQUOT", "ERR_INVALID_ARG_VALUE"]
    .map((code) => systemMessage(Object.assign(new Error("read /dev/null"), { code })));
  assertEquals(messages, [
    "No such file or directory",
    "Permission denied",
    "No space left on device",
    "Is a directory",
    "Disk quota exceeded",
    "Not the name of a file",
  ]);
});

Deno.test("a name without a message stands for itself, and other errors have none", () => {
  assertEquals(systemMessage({ code: "EUNHEARDOF" }), "EUNHEARDOF");
  for (const error of [new Error("no code"), { code: 5 }, null, undefined, "ENOENT"]) {
    assertEquals(systemMessage(error), undefined);
  }
});
