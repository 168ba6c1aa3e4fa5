/** Every kind of violation, and what an exploration reports, in both engines. */
import { assertEquals, assertGreater, assertThrows } from "@std/assert";
import { filled, LogBuilder, SECTOR } from "../testing/log_builder.ts";
import { BLOCKS, ORDERED, SECTORS, WRITES } from "../model/presets.ts";
import { exploreByBruteForce, SpaceTooLargeError } from "../reference/brute.ts";
import { RecordedChoices } from "../choices/choices.ts";
import { checkState, prepareContext } from "../reference/check_state.ts";
import { CrashPoint } from "../reference/crash_point.ts";
import { keysOf } from "../testing/engine_agreement.ts";
import {
  BASE,
  explore,
  file,
  GUEST,
  guestWrites,
  keys,
  mark,
  OTHER_FILE,
  PLAIN,
} from "./explore_testing.ts";
import { exploreLazily } from "./lazy.ts";
import { type Place, type Script, scriptedTarget } from "../testing/scripted_target.ts";

Deno.test("a target that keeps its promises is clean", () => {
  for (const preset of [ORDERED, WRITES, SECTORS, BLOCKS]) {
    assertEquals(keys({ preset, log: guestWrites }), []);
  }
});

Deno.test("a state that recovery refuses cannot be opened", () => {
  const recovery = [{ kind: "refuse-if", sector: 1, modulo: 2 }] as const;
  assertEquals(keys({ script: { recovery }, log: mark(1) }), ["cannot-open: sector 1 is refused"]);
});

Deno.test("a read that is refused after recovery is a state that cannot be used", () => {
  const refused: Place = { kind: "refused" };
  const recovery = [{ kind: "map", guest: 2, sector: 1, places: [file(5), refused] }] as const;
  assertEquals(keys({ script: { recovery }, log: mark(1) }), [
    "unusable: a place that is refused",
    "unusable: a write to a place that is refused",
  ]);
});

Deno.test("what was found before a refusal is reported with it", () => {
  const refused: Place = { kind: "refused" };
  const script: Partial<Script> = {
    recovery: [
      { kind: "map", guest: 0, sector: 1, places: [file(3), file(5)] },
      { kind: "map", guest: 2, sector: 1, places: [file(5), refused] },
    ],
  };
  const log = (builder: LogBuilder) => {
    guestWrites(builder);
    mark(1)(builder);
  };
  assertEquals(keys({ script, log }), [
    "unusable: a place that is refused",
    "unusable: a write to a place that is refused",
    "wrong-data: guest sector 0",
  ]);
});

Deno.test("what an inspection finds is an inconsistency", () => {
  const recovery = [{ kind: "problem-if", sector: 1, modulo: 2 }] as const;
  assertEquals(keys({ script: { recovery }, log: mark(1) }), [
    "inconsistent: sector 1 is a problem",
  ]);
});

Deno.test("growth since the guest's last flush may be lost, but no more than that", () => {
  const grow = (builder: LogBuilder) => {
    builder.write(6 * SECTOR, filled(1));
    builder.flush();
  };
  const flushed = (builder: LogBuilder) => {
    grow(builder);
    builder.acknowledge(builder.beginGuestFlush());
  };
  const allocationUnitBytes = SECTOR;
  assertEquals(keys({ script: { allocationUnitBytes }, log: grow }), []);
  assertEquals(keys({ script: { allocationUnitBytes }, log: flushed }), [
    "leak: more than was in flight",
  ]);
});

Deno.test("space that was given up may be lost, from then on", () => {
  const allocationUnitBytes = SECTOR;
  const giveUp = (builder: LogBuilder) =>
    builder.events.push({ kind: "space-given-up", lengthBytes: 7 * SECTOR });
  const grow = (builder: LogBuilder) => {
    builder.write(6 * SECTOR, filled(1));
    builder.flush();
    builder.acknowledge(builder.beginGuestFlush());
  };
  const before = (builder: LogBuilder) => {
    giveUp(builder);
    grow(builder);
  };
  const after = (builder: LogBuilder) => {
    grow(builder);
    giveUp(builder);
  };
  assertEquals(keys({ script: { allocationUnitBytes }, log: before }), []);
  assertEquals(keys({ script: { allocationUnitBytes }, log: after }), [
    "leak: more than was in flight",
  ]);
});

Deno.test("a flush beside a guest's write does not settle what that takes", () => {
  const log = (beginsAfter: boolean) => (builder: LogBuilder) => {
    if (beginsAfter) builder.acknowledge(builder.beginGuestFlush());
    const write = builder.beginGuestWrite(0, filled(0));
    builder.write(6 * SECTOR, filled(1));
    const flush = builder.beginGuestFlush();
    builder.flush();
    builder.acknowledge(write);
    builder.acknowledge(flush);
  };
  for (const beginsAfter of [false, true]) {
    assertEquals(keys({ script: { allocationUnitBytes: SECTOR }, log: log(beginsAfter) }), []);
  }
});

Deno.test("what was leaked before the log began is no violation", () => {
  assertEquals(keys({ script: { sectorsInUse: 2 } }), []);
});

Deno.test("a guest sector that holds another one's data is wrong", () => {
  const recovery = [{ kind: "map", guest: 2, sector: 1, places: [file(5), file(4)] }] as const;
  assertEquals(keys({ script: { recovery }, log: mark(1) }), ["wrong-data: guest sector 2"]);
});

Deno.test("an acknowledged and flushed write that is lost is wrong", () => {
  const log = (builder: LogBuilder) => {
    guestWrites(builder);
    builder.acknowledge(builder.beginGuestFlush());
  };
  assertEquals(keys({ log }), ["wrong-data: guest sector 0"]);
  const { lazy } = explore({ log });
  assertEquals(lazy.violations[0].crashAfterEvent, 5);
  assertEquals(lazy.violations[0].persisted, []);
});

Deno.test("two guest sectors in one place change each other later", () => {
  const script: Partial<Script> = {
    recovery: [{ kind: "map", guest: 0, sector: 1, places: [file(3), file(5)] }],
    postRecoveryWrites: [{ sector: 2, count: 1 }],
  };
  const log = (builder: LogBuilder) => {
    // Guest sector 0 is allowed to hold what guest sector 2 holds.
    builder.beginGuestWrite(0, filled(23));
    mark(1)(builder);
  };
  assertEquals(keys({ script, log }), ["aliasing: guest sector 0"]);
});

Deno.test("a later write that is lost is found, although nothing changed", () => {
  const readOnly: Place = { kind: "inside-file", sector: 5 };
  const script: Partial<Script> = {
    // The write goes to a new place; the next one brings the old place back.
    writing: [{ kind: "map", guest: 2, sector: 1, places: [readOnly] }],
    places: [file(3), file(4), readOnly],
    postRecoveryWrites: [{ sector: 2, count: 1 }, { sector: 0, count: 1 }],
    sectorsInUse: 9,
  };
  assertEquals(keys({ script }), ["aliasing: guest sector 2"]);
});

Deno.test("with a fingerprint fewer states are checked, and as much is found", () => {
  const script: Partial<Script> = {
    // Recovery makes all versions of sector 1 equal.
    recovery: [
      { kind: "problem-if", sector: 0, modulo: 2 },
      { kind: "skip-if", sector: 1, modulo: 9, count: 0 },
      { kind: "patch", offsetBytes: SECTOR, lengthBytes: SECTOR, value: 5 },
      { kind: "map", guest: 0, sector: 2, places: [file(3)] },
    ],
  };
  const log = (builder: LogBuilder) => {
    for (const value of [1, 2, 3]) builder.write(SECTOR, filled(value));
    mark(0)(builder);
  };
  const plain = explore({ script, log }).lazy;
  const known = explore({ script: { ...script, hasFingerprint: true }, log }).lazy;
  assertEquals(keysOf(known), keysOf(plain));
  assertEquals(known.states, plain.states);
  assertGreater(
    plain.violations[0].occurrences,
    known.violations[0].occurrences,
  );
});

Deno.test("a state that an earlier crash leads to as well is checked for that one too", () => {
  const script: Partial<Script> = {
    hasFingerprint: true,
    // Sector 1 or sector 2 brings the same about; what they held is then forgotten.
    recovery: [
      { kind: "skip-if", sector: 1, modulo: 9, count: 0 },
      { kind: "map", guest: 0, sector: 2, places: [file(3), file(4)] },
      { kind: "skip-if", sector: 1, modulo: 2, count: 1 },
      { kind: "map", guest: 0, sector: 1, places: [file(3), file(4)] },
      { kind: "patch", offsetBytes: SECTOR, lengthBytes: 2 * SECTOR, value: 5 },
    ],
  };
  const log = (builder: LogBuilder) => {
    mark(1)(builder);
    builder.beginGuestWrite(0, filled(22));
    mark(2)(builder);
  };
  const { lazy } = explore({ script, log });
  assertEquals(keysOf(lazy), ["wrong-data: guest sector 0"]);
  assertEquals(lazy.violations[0].crashAfterEvent, 0);
});

Deno.test("growth that comes after a crash excuses no leak before it", () => {
  const script: Partial<Script> = {
    recovery: [
      { kind: "skip-if", sector: 1, modulo: 2, count: 1 },
      { kind: "resize", sizeBytes: 9 * SECTOR },
    ],
  };
  const log = (builder: LogBuilder) => {
    mark(1)(builder);
    builder.write(8 * SECTOR, filled(1));
  };
  const { lazy } = explore({ script, log });
  assertEquals(keysOf(lazy), ["leak: more than was in flight"]);
  assertEquals(lazy.violations[0].crashAfterEvent, 0);
});

Deno.test("the choice sequence of a violation builds a file that shows it", () => {
  const recovery = [{ kind: "problem-if", sector: 1, modulo: 2 }] as const;
  const target = scriptedTarget({ ...PLAIN, recovery }, OTHER_FILE);
  const builder = new LogBuilder();
  guestWrites(builder);
  mark(1)(builder);
  const log = builder.log(BASE, GUEST);
  const options = { guestBytes: GUEST.length };
  const [found] = exploreLazily(log, target, SECTORS, options).violations;
  const point = new CrashPoint(log, SECTORS, found.crashAfterEvent);
  const context = prepareContext(log, target, SECTORS, options);
  const seen = checkState(context, point, point.build(new RecordedChoices(found.choices)));
  assertEquals(seen.map((violation) => violation.subject), ["sector 1 is a problem"]);
  assertEquals(found.persisted, [
    { event: 4, offsetBytes: SECTOR, lengthBytes: SECTOR, label: "data" },
  ]);
});

Deno.test("brute force refuses a space that is too large before it starts", () => {
  const builder = new LogBuilder();
  builder.issue(0, filled(1, 23 * SECTOR));
  const target = scriptedTarget(PLAIN, OTHER_FILE);
  assertThrows(
    () => exploreByBruteForce(builder.log(BASE), target, SECTORS, { guestBytes: 512 }),
    SpaceTooLargeError,
  );
});

Deno.test("progress ends at the last crash point", () => {
  const builder = new LogBuilder();
  guestWrites(builder);
  const target = scriptedTarget(PLAIN, OTHER_FILE);
  const told: number[][] = [];
  exploreByBruteForce(builder.log(BASE, GUEST), target, SECTORS, {
    guestBytes: GUEST.length,
    onProgress: (done, total) => told.push([done, total]),
  });
  assertEquals(told.at(-1), [5, 5]);
});

Deno.test("an error of the target that is no refusal is not swallowed", () => {
  const target = scriptedTarget(PLAIN, OTHER_FILE);
  const broken = {
    ...target,
    // deno-lint-ignore require-yield
    *inspect(): ReturnType<typeof target.inspect> {
      throw new TypeError("a bug of the target");
    },
  };
  const log = new LogBuilder().log(BASE, GUEST);
  for (const engine of [exploreLazily, exploreByBruteForce]) {
    assertThrows(() => engine(log, broken, SECTORS, { guestBytes: 512 }), TypeError);
  }
});
