import { assertEquals, assertThrows } from "@std/assert";
import type { Operation } from "../../lib/storage/mod.ts";
import { filled, LogBuilder, SECTOR, sectorsOf } from "../testing/log_builder.ts";
import type { WriteLog } from "../log/write_log.ts";
import { SECTORS } from "../model/presets.ts";
import type { Target } from "./target.ts";
import { RAW_TARGET } from "../workload/raw_disk_testing.ts";
import { exploreByBruteForce } from "../reference/brute.ts";
import { exploreLazily } from "../engine/lazy.ts";
import { NotDeterministicError } from "../choices/not_deterministic_error.ts";
import { TargetError } from "./target_error.ts";

const ENGINES = [exploreLazily, exploreByBruteForce];
const GUEST = { guestBytes: SECTOR };

/** A raw disk whose recovery looks at the first sector, and then does something. */
function recovering(then: (sector: Uint8Array) => Operation<void>): Target<void> {
  return {
    ...RAW_TARGET,
    *recover() {
      const into = new Uint8Array(SECTOR);
      yield { kind: "read", file: 0, offsetBytes: 0, into, label: "header" };
      yield* then(into);
    },
  };
}

/** The first sector, full of ones, is on its way. */
function oneWrite(): WriteLog {
  const builder = new LogBuilder();
  builder.write(0, filled(1));
  return builder.log(sectorsOf(0));
}

Deno.test("what a target throws and does not call a refusal names the target, and keeps the cause", () => {
  const cause = new TypeError("no table");
  // deno-lint-ignore require-yield
  const target = recovering(function* ([first]) {
    if (first === 1) throw cause;
  });
  for (const engine of ENGINES) {
    const error = assertThrows(() => engine(oneWrite(), target, SECTORS, GUEST), TargetError);
    assertEquals(
      error.message.includes("'raw disk' threw an unexpected error: TypeError: no table"),
      true,
    );
    assertEquals(error.cause, cause);
  }
});

Deno.test("a recovery that makes other requests each time is refused, and the first one named", () => {
  let runs = 0;
  const target = recovering(function* () {
    if (++runs % 2 === 0) yield { kind: "size", file: 0 };
  });
  for (const engine of ENGINES) {
    runs = 0;
    assertThrows(
      () => engine(oneWrite(), target, SECTORS, GUEST),
      NotDeterministicError,
      'recovery of target "raw disk" is not deterministic: request 1 is missing, and when it is ' +
        'run again "size query"',
    );
  }
});

Deno.test("so is one that writes something else each time", () => {
  let runs = 0;
  const target = recovering(function* () {
    const bytes = filled(++runs);
    yield { kind: "write", file: 0, offsetBytes: 0, bytes, label: "header" };
  });
  assertThrows(
    () => exploreLazily(oneWrite(), target, SECTORS, GUEST),
    NotDeterministicError,
    'request 1 is "write of 512 bytes at 0 (header)',
  );
});
