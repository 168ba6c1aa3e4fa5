import { assertEquals, assertNotEquals } from "@std/assert";
import type { LogEvent } from "../log/write_log.ts";
import { BLOCKS, ORDERED, type Preset, PRESETS, SECTORS } from "../model/presets.ts";
import { TraceBuilder } from "./trace.ts";

const BASE_BYTES = 8192;

/** Each event with who brings it about. */
type Owned = readonly [owner: number, event: LogEvent];

function traceOf(events: readonly Owned[], preset: Preset = SECTORS): string {
  const trace = new TraceBuilder(preset, BASE_BYTES);
  for (const [owner, event] of events) trace.add(event, owner);
  return trace.digest();
}

function issued(owner: number, offsetBytes: number): Owned {
  const bytes = new Uint8Array(512).fill(owner + 1);
  return [owner, { kind: "write-issued", id: owner, offsetBytes, bytes, label: "data" }];
}
function completed(owner: number): Owned {
  return [owner, { kind: "write-completed", id: owner }];
}
function flush(owner: number): Owned {
  return [owner, { kind: "flush-issued", id: owner, label: "guest" }];
}
function flushed(owner: number): Owned {
  return [owner, { kind: "flush-completed", id: owner }];
}
function guestWrite(owner: number): Owned {
  const bytes = new Uint8Array(512);
  return [owner, { kind: "guest-write-begun", id: owner, offsetBytes: 0, bytes }];
}
function guestFlush(owner: number): Owned {
  return [owner, { kind: "guest-flush-begun", id: owner }];
}
function acknowledged(owner: number): Owned {
  return [owner, { kind: "guest-acknowledged", id: owner }];
}

/** Start, then two events in both orders. */
function swapped(
  start: readonly Owned[],
  [one, other]: readonly [Owned, Owned],
  preset: Preset = SECTORS,
): [string, string] {
  return [traceOf([...start, one, other], preset), traceOf([...start, other, one], preset)];
}

Deno.test("what no crash can tell apart is one trace", () => {
  const both = [issued(0, 0), issued(1, 512)];
  assertEquals(...swapped([], [issued(0, 0), issued(1, 512)]));
  assertEquals(...swapped([], [issued(0, 0), issued(1, BASE_BYTES)]));
  assertEquals(...swapped(both, [completed(0), completed(1)]));
  assertEquals(...swapped([issued(0, 0)], [completed(0), issued(1, 0)]));
  assertEquals(...swapped([issued(0, 0), flush(1)], [completed(0), flushed(1)]));
  assertEquals(...swapped([], [issued(0, 0), flush(1)]));
  assertEquals(
    ...swapped([guestWrite(0), guestWrite(1)], [acknowledged(0), acknowledged(1)]),
  );
});

Deno.test("what a crash can tell apart keeps its order", () => {
  // Which version is the later one.
  assertNotEquals(...swapped([], [issued(0, 0), issued(1, 0)]));
  // Which sizes the file had.
  assertNotEquals(...swapped([], [issued(0, BASE_BYTES), issued(1, BASE_BYTES + 512)]));
  // Whether the flush covers it.
  assertNotEquals(...swapped([issued(0, 0)], [completed(0), flush(1)]));
  assertNotEquals(...swapped([guestWrite(0)], [acknowledged(0), guestFlush(1)]));
  // Whether something can be on disk while something else is not durable.
  assertNotEquals(...swapped([flush(1)], [issued(0, 0), flushed(1)]));
  assertNotEquals(...swapped([guestFlush(1)], [issued(0, 0), acknowledged(1)]));
  assertNotEquals(...swapped([], [issued(0, 0), guestWrite(1)]));
});

Deno.test("the preset decides which writes are apart", () => {
  assertNotEquals(...swapped([], [issued(0, 0), issued(1, 512)], BLOCKS));
  assertEquals(...swapped([], [issued(0, 0), issued(1, 4096)], BLOCKS));
  assertNotEquals(...swapped([], [issued(0, 0), issued(1, 4096)], ORDERED));
});

Deno.test("where writes in flight corrupt what is near, it matters which ones are", () => {
  const { sectors } = PRESETS;
  const corrupting = { ...sectors, name: "corrupting", corruptionBytes: 4096 };
  const both = [issued(0, 0), issued(1, 512)];
  assertEquals(...swapped([issued(0, 0)], [completed(0), issued(1, 512)]));
  assertNotEquals(...swapped([issued(0, 0)], [completed(0), issued(1, 512)], corrupting));
  assertEquals(...swapped(both, [completed(0), completed(1)], corrupting));
});

Deno.test("below a size that the file once had, no write makes it grow", () => {
  const cut: Owned = [2, { kind: "resized", sizeBytes: 0, label: "cut" }];
  assertEquals(...swapped([], [issued(0, 0), issued(1, 512)]));
  assertNotEquals(...swapped([cut], [issued(0, 0), issued(1, 512)]));
});

Deno.test("a write that is durable when it completes keeps its order", () => {
  const bytes = new Uint8Array(512);
  const forced: Owned = [
    0,
    { kind: "write-issued", id: 0, offsetBytes: 0, bytes, label: "data", forceUnitAccess: true },
  ];
  assertNotEquals(...swapped([forced, issued(1, 512)], [completed(0), completed(1)]));
});
