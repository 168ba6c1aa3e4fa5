import { assertEquals } from "@std/assert";
import type { Request } from "../../lib/storage/mod.ts";
import { LYING_FLUSH, SECTORS } from "../model/presets.ts";
import { RecoveryLog } from "./recovery_log.ts";

const FLUSH: Request = { kind: "flush", file: 0, scope: "data", label: "flush" };

function write(offsetBytes: number, bytes = Uint8Array.of(1, 2)): Request {
  return { kind: "write", file: 0, offsetBytes, bytes, label: "write" };
}

/** A log of requests to a file that has 100 bytes, and stays so. */
function logOf(requests: readonly Request[], preset = SECTORS): RecoveryLog {
  const log = new RecoveryLog(preset);
  for (const request of requests) log.add(request, () => 100);
  return log;
}

/** Of each epoch its last event, and where what is durable and what is pending was written. */
function shapeOf(log: RecoveryLog) {
  return log.epochs().map(({ lastEvent, durable, pending }) => [
    lastEvent,
    durable.map(({ offsetBytes }) => offsetBytes),
    pending.map(({ offsetBytes }) => offsetBytes),
  ]);
}

Deno.test("a recovery that changes nothing cannot be cut short", () => {
  const read: Request = {
    kind: "read",
    file: 0,
    offsetBytes: 0,
    into: new Uint8Array(1),
    label: "",
  };
  assertEquals(shapeOf(logOf([read, FLUSH, { kind: "size", file: 0 }])), []);
});

Deno.test("each flush ends a stretch, and makes durable what came before it", () => {
  const log = logOf([write(0), write(10), FLUSH, FLUSH, write(20)]);
  // A write is two events and so is a flush; the power may fail until the flush has completed.
  assertEquals(shapeOf(log), [[4, [], [0, 10]], [9, [0, 10], [20]]]);
});

Deno.test("a flush that lies makes nothing durable", () => {
  const log = logOf([write(0), FLUSH, write(20), FLUSH], LYING_FLUSH);
  assertEquals(shapeOf(log), [[7, [], [0, 20]]]);
});

Deno.test("growing, cutting off and discarding are noted with what they do to the file", () => {
  const log = logOf([
    write(99),
    write(98),
    { kind: "resize", file: 0, sizeBytes: 60, label: "cut" },
    { kind: "resize", file: 0, sizeBytes: 130, label: "grow" },
    { kind: "resize", file: 0, sizeBytes: 100, label: "as before" },
    { kind: "discard", file: 0, offsetBytes: 8, lengthBytes: 16, label: "discard" },
  ]);
  const [{ lastEvent, pending }] = log.epochs();
  assertEquals(lastEvent, 7);
  assertEquals(
    pending.map(({ event, offsetBytes, lengthBytes, bytes, sizeBytes }) => [
      ...[event, offsetBytes, lengthBytes],
      ...[bytes !== undefined, sizeBytes],
    ]),
    [
      [0, 99, 2, true, 101],
      [2, 98, 2, true, undefined],
      [4, 60, 40, false, 60],
      [5, 130, 0, false, 130],
      [6, 100, 0, false, undefined],
      [7, 8, 16, false, undefined],
    ],
  );
});

Deno.test("what was written stays as it was written", () => {
  const bytes = Uint8Array.of(1, 2);
  const log = logOf([write(0, bytes)]);
  bytes.fill(9);
  assertEquals(log.epochs()[0].pending[0].bytes, Uint8Array.of(1, 2));
});
