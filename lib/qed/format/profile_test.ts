import { assertEquals } from "@std/assert";
import { PROFILES } from "./profile.ts";

Deno.test("profiles are frozen, and known by their own names", () => {
  for (const [name, profile] of Object.entries(PROFILES)) {
    assertEquals(profile.name, name);
    assertEquals(Object.isFrozen(profile), true);
  }
  assertEquals(Object.keys(PROFILES), ["strict", "qemu", "rfc"]);
  assertEquals(Object.isFrozen(PROFILES), true);
});
