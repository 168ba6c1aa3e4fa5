import { assertEquals, assertGreater } from "@std/assert";
import { Recorder } from "../log/recorder.ts";
import type { WriteLog } from "../log/write_log.ts";
import { SECTORS, TORN_SECTOR } from "../model/presets.ts";
import type { Target } from "../target/target.ts";
import { assertEnginesAgree, keysOf } from "../testing/engine_agreement.ts";
import { exploreLazily } from "./lazy.ts";
import {
  ALL_TOGETHER,
  APART,
  type Fault,
  GUEST,
  independentTables,
  logOf,
  TABLES,
} from "../testing/independent_tables.ts";

function compare(log: WriteLog, target: Target): { keys: string[]; recoveries: number } {
  const { lazy } = assertEnginesAgree({ log, target, preset: SECTORS, ...GUEST });
  assertEnginesAgree({ log, target, preset: TORN_SECTOR, ...GUEST });
  const plain = exploreLazily(log, target, SECTORS, { ...GUEST, independent: false });
  assertEquals(keysOf(lazy), keysOf(plain));
  return { keys: keysOf(lazy), recoveries: lazy.recoveries };
}

Deno.test("tables that have nothing to do with each other are added up", () => {
  const each: Fault = (bytes) => bytes.flatMap((byte, i) => byte === 1 ? [`table ${i}`] : []);
  const { keys, recoveries } = compare(APART, independentTables(each));
  assertEquals(keys.length, TABLES);
  assertEquals(recoveries, 1 + TABLES + 2); // the durable state, each table, two samples
});

Deno.test("tables that claim the same thing are searched together", () => {
  const together: Fault = ([a, b, c, d]) => a + b === 2 && c + d === 0 ? ["both claim it"] : [];
  const { keys, recoveries } = compare(logOf([7, 7, 3, 4]), independentTables(together));
  assertEquals(keys, ["inconsistent: both claim it"]);
  assertEquals(recoveries, 1 + 3 + 1 + 1 + 2);
});

Deno.test("a table that claims the place of another one is searched together with it", () => {
  const target = independentTables(([, b, , d]) => b + d === 2 ? ["one in the other"] : []);
  const inPlaceOf = {
    ...target,
    independence: { ...target.independence!, placeOf: (at: number) => at / 512 },
  };
  // Table 1 claims what table 3 is.
  assertEquals(compare(logOf([8, 3, 9, 10]), inPlaceOf).keys, ["inconsistent: one in the other"]);
});

Deno.test("claims that lie are noticed: what all tables together bring about", () => {
  const { keys, recoveries } = compare(APART, independentTables(ALL_TOGETHER));
  assertEquals(keys, ["inconsistent: all of them"]);
  assertGreater(recoveries, 2 ** TABLES); // every combination after all
});

Deno.test("losses are added up: each is allowed, and all together are not", () => {
  const target = independentTables(
    () => [],
    (bytes) => bytes.filter((byte) => byte === 1).map(String),
  );
  // Nothing may be lost: the file does not grow.
  assertEquals(compare(APART, target).keys, ["leak: more than was in flight"]);
  const recorder = new Recorder({ base: new Uint8Array(GUEST.guestBytes) });
  recorder.giveUpSpace(3);
  const events = [...recorder.log.events, ...APART.events];
  const added = exploreLazily({ ...APART, events }, target, SECTORS, GUEST);
  assertEquals(keysOf(added), ["leak: more than was in flight"]);
  assertEquals(added.violations[0].persisted.length, TABLES);
});
