import { assertEquals, assertThrows } from "@std/assert";
import { isLong, sized } from "./long.ts";

Deno.test("POWERCUT_LONG is 1 for the long suite, and nothing but 0 and 1", () => {
  assertEquals([undefined, "", "0", "1"].map(isLong), [false, false, false, true]);
  assertThrows(() => isLong("yes"), Error, "Cannot use POWERCUT_LONG='yes'");
});

Deno.test("a size is that of the suite that runs", () => {
  const asked = Deno.env.get("POWERCUT_LONG") === "1";
  assertEquals(sized({ short: 2, long: 9 }), asked ? 9 : 2);
});

Deno.test("the long suite runs what the short one runs, and the documentation's examples", () => {
  const { tasks } = JSON.parse(Deno.readTextFileSync(new URL("../deno.json", import.meta.url)));
  const [short, long] = [tasks.test.command, tasks["test:long"].command];
  assertEquals(long, `POWERCUT_LONG=1 ${short.replace("--frozen", "--frozen --doc")}`);
  assertEquals(/ignore|filter|exclude/.test(long), false);
});
