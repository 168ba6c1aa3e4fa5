/** The essence of the interop tests on files that QEMU made earlier: these run without QEMU. */
import { assertEquals } from "@std/assert";
import {
  checkImage,
  closeImage,
  MemoryStorage,
  openImage,
  QEMU,
  readImage,
  runSync,
} from "../../../lib/mod.ts";
import { type GuestStep, recordHere } from "./guest_steps_testing.ts";
import { describeRecorded, readLog, withoutIdleFlushes } from "./write_log_testing.ts";

const DIR = new URL("../../../testdata/qemu-7.2/", import.meta.url);
const load = (name: string) => Deno.readFileSync(new URL(name, DIR));

/** What the guest wrote to dirty.qed; all other bytes are zeroes. */
const WRITES: [offset: number, length: number, value: number][] = [
  [0, 4096, 0x11],
  [5000, 9000, 0x22],
  [21504, 512, 0x33],
  [4190000, 10000, 0x44],
  [5243000, 392, 0x55],
];

Deno.test("an image that a killed qemu-io left dirty is checked, read, and clean once opened", () => {
  const file = new MemoryStorage(load("dirty.qed"));
  const expected = new Uint8Array(5243392);
  for (const [offset, length, value] of WRITES) expected.fill(value, offset, offset + length);

  const found = runSync(openImage(), [file]);
  assertEquals(found.needsCheck, true);
  const { corruptions, leaks, allocatedClusters, fragmentedClusters } = runSync(
    checkImage(found),
    [file],
  );
  assertEquals([corruptions, leaks, allocatedClusters, fragmentedClusters], [0, 0, 10, 2]);
  for (const writable of [false, true]) {
    const image = runSync(openImage({ writable }), [file]);
    const actual = new Uint8Array(expected.length);
    runSync(readImage(image, 0, actual), [file]);
    assertEquals(actual, expected);
    runSync(closeImage(image), [file]);
    assertEquals(image.needsCheck, !writable);
  }
});

Deno.test("the qemu profile writes what a recorded qemu-io wrote, in the same order", () => {
  const write = (value: number, offset: number, length: number): GuestStep => ({
    kind: "write",
    offset,
    length,
    value,
  });
  const steps: GuestStep[] = [
    write(161, 512, 1024),
    write(162, 3072, 20480),
    { kind: "flush" },
    write(163, 4193280, 4096),
    write(164, 5242880, 512),
    { kind: "flush" },
  ];
  const ours = recordHere(".", { before: load("before.qed"), steps, profile: QEMU });
  const theirs = readLog(load("writes.log.bin"));
  assertEquals(describeRecorded(withoutIdleFlushes(ours)), describeRecorded(theirs));
  assertEquals(theirs.length, 25);
});
