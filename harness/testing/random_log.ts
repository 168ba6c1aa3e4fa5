/** Random write logs that no driver would write: requests in flight in any order and overlap. */
import fc from "fast-check";
import { filled, LogBuilder, SECTOR } from "./log_builder.ts";
import type { WriteLog } from "../log/write_log.ts";

/** One thing that happens; what it refers to (a request in flight) is picked by a number. */
export type LogStep =
  | {
    readonly kind: "issue";
    readonly offsetBytes: number;
    readonly lengthBytes: number;
    readonly value: number;
    readonly forceUnitAccess: boolean;
  }
  | { readonly kind: "complete" | "fail"; readonly which: number }
  | { readonly kind: "issue-flush" }
  | { readonly kind: "complete-flush" | "fail-flush"; readonly which: number }
  | { readonly kind: "resize"; readonly sizeBytes: number }
  | { readonly kind: "discard"; readonly offsetBytes: number; readonly lengthBytes: number }
  /** The guest writes a sector and it goes straight to a place of the file. */
  | {
    readonly kind: "guest-write";
    readonly sector: number;
    readonly offsetBytes: number;
    readonly value: number;
    readonly completes: boolean;
  }
  | { readonly kind: "acknowledge"; readonly which: number }
  | { readonly kind: "guest-flush"; readonly flushes: boolean; readonly completes: boolean }
  | { readonly kind: "mark" | "warn" };

/** How large the files and disks of the logs are. */
export interface LogShape {
  /** Sectors of the file that writes go to. */
  readonly fileSectors: number;
  /** Sectors of the guest's disk. */
  readonly guestSectors: number;
  /** How many different values bytes have: few make contents meet by chance. */
  readonly values: number;
}

/** A random step of a log of this shape. */
export function logStep(shape: LogShape): fc.Arbitrary<LogStep> {
  const pieces = shape.fileSectors * 4;
  const offset = fc.nat(pieces - 1).map((piece) => piece * (SECTOR / 4));
  const sectorOffset = fc.nat(shape.fileSectors - 1).map((sector) => sector * SECTOR);
  const length = fc.oneof(
    fc.constant(SECTOR),
    fc.integer({ min: 1, max: 10 }).map((piece) => piece * (SECTOR / 4)),
    fc.integer({ min: 1, max: 3 * SECTOR }),
  );
  const value = fc.nat(shape.values - 1);
  const which = fc.nat(9);
  const kind = <T>(name: T) => fc.constant(name);
  return fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: kind("issue" as const),
        offsetBytes: fc.oneof(offset, sectorOffset),
        lengthBytes: length,
        value,
        forceUnitAccess: fc.nat(5).map((n) => n === 0),
      }),
    },
    { weight: 4, arbitrary: fc.record({ kind: kind("complete" as const), which }) },
    { weight: 2, arbitrary: fc.record({ kind: kind("issue-flush" as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: kind("complete-flush" as const), which }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constantFrom("fail" as const, "fail-flush" as const),
        which,
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: kind("resize" as const),
        sizeBytes: fc.oneof(offset, sectorOffset, fc.nat(shape.fileSectors * SECTOR)),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: kind("discard" as const),
        offsetBytes: offset,
        lengthBytes: length,
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: kind("guest-write" as const),
        sector: fc.nat(shape.guestSectors - 1),
        offsetBytes: fc.oneof(sectorOffset, offset),
        value,
        completes: fc.boolean(),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: kind("acknowledge" as const), which }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: kind("guest-flush" as const),
        flushes: fc.boolean(),
        completes: fc.boolean(),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constantFrom("mark" as const, "warn" as const) }),
    },
  );
}

/** Carry out steps; those that refer to a request in flight when there is none do nothing. */
export function buildLog(
  steps: readonly LogStep[],
  base: Uint8Array,
  guestBase: Uint8Array,
): WriteLog {
  const builder = new LogBuilder();
  const writes: number[] = [];
  const flushes: number[] = [];
  const guests: number[] = [];
  const take = (ids: number[], which: number, use: (id: number) => void) => {
    if (ids.length > 0) use(ids.splice(which % ids.length, 1)[0]);
  };
  for (const step of steps) {
    switch (step.kind) {
      case "issue":
        writes.push(builder.issue(step.offsetBytes, filled(step.value, step.lengthBytes), step));
        break;
      case "complete":
        take(writes, step.which, (id) => builder.complete(id));
        break;
      case "fail":
        take(writes, step.which, (id) => builder.fail(id));
        break;
      case "fail-flush":
        take(flushes, step.which, (id) => builder.failFlush(id));
        break;
      case "issue-flush":
        flushes.push(builder.issueFlush());
        break;
      case "complete-flush":
        take(flushes, step.which, (id) => builder.completeFlush(id));
        break;
      case "resize":
        builder.resize(step.sizeBytes);
        break;
      case "discard":
        builder.discard(step.offsetBytes, step.lengthBytes);
        break;
      case "guest-write": {
        const id = builder.beginGuestWrite(step.sector * SECTOR, filled(step.value));
        const write = builder.issue(step.offsetBytes, filled(step.value));
        guests.push(id);
        if (!step.completes) writes.push(write);
        else {
          builder.complete(write);
          builder.acknowledge(guests.pop()!);
        }
        break;
      }
      case "acknowledge":
        take(guests, step.which, (id) => builder.acknowledge(id));
        break;
      case "guest-flush": {
        const id = builder.beginGuestFlush();
        if (step.flushes) builder.flush();
        if (step.completes) builder.acknowledge(id);
        else guests.push(id);
        break;
      }
      case "warn":
        builder.warn();
        break;
      case "mark":
        builder.mark("here");
        break;
    }
  }
  return builder.log(base, guestBase);
}
