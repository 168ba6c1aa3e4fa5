import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { seededTest } from "../../test_support/seeds.ts";
import { filled, LogBuilder, SECTOR, sectorsOf } from "../testing/log_builder.ts";
import type { WriteLog } from "../log/write_log.ts";
import { SECTORS } from "../model/presets.ts";
import { ExhaustiveChoices } from "../choices/choices.ts";
import { CrashPoint } from "./crash_point.ts";
import { CrashPoints } from "./crash_points.ts";

const GUEST_SECTORS = 4;

/** A log long enough for checkpoints to be dropped again, of guest writes and flushes. */
function longLog(): WriteLog {
  const builder = new LogBuilder();
  for (let number = 0; number < 3000; number++) {
    const offsetBytes = (number * 7 % GUEST_SECTORS) * SECTOR;
    const bytes = filled(number % 251);
    const id = builder.beginGuestWrite(offsetBytes, bytes);
    builder.write(offsetBytes, bytes);
    builder.acknowledge(id);
    if (number % 3 !== 2) continue;
    const flush = builder.beginGuestFlush();
    builder.flush();
    builder.acknowledge(flush);
  }
  return builder.log(sectorsOf(...new Array(GUEST_SECTORS).fill(0)));
}

/** All that can be asked of a crash point. */
function allOf(point: CrashPoint) {
  const choices = new ExhaustiveChoices();
  const files: number[][] = [];
  do {
    const file = point.build(choices);
    const bytes = new Uint8Array(file.sizeBytes);
    file.read(0, bytes);
    files.push([...bytes].filter((_, at) => at % SECTOR === 0));
  } while (choices.advance());
  const { units, sizes, pendingEvents, guest } = point;
  const permitted = Array.from({ length: GUEST_SECTORS }, (_, sector) => guest.permitted(sector));
  return { files, units, sizes, pendingEvents, permitted, settledBytes: guest.settledBytes };
}

seededTest("crash points are the same in whatever order they are asked for", (seed) => {
  const log = longLog();
  const event = fc.integer({ min: -1, max: log.events.length - 1 });
  fc.assert(
    fc.property(fc.array(event, { minLength: 1, maxLength: 12 }), (asked) => {
      const points = new CrashPoints(log, SECTORS);
      for (const at of asked) {
        assertEquals(allOf(points.after(at)), allOf(new CrashPoint(log, SECTORS, at)));
      }
    }),
    { seed, numRuns: 8 },
  );
});
