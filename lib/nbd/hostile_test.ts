/** Bytes that no client would send: the server must not crash, hang, or fill the memory. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { seededTest } from "../../test_support/seeds.ts";
import { contextQuery, goData, join, optionMessage, uint32s } from "./client_messages.ts";
import { TestClient } from "./client_testing.ts";
import { MemoryDisk } from "./memory_disk_testing.ts";
import { COMMAND, MAGIC, OPTION } from "./protocol.ts";

const DISK_BYTES = 2 ** 16;
const RUNS = 300;

/** A number at a place where one matters: small, or near a power of two. */
const number32 = fc.oneof(
  fc.nat(70_000),
  fc.integer({ min: 0, max: 32 }).map((bits) => Math.min(2 ** 32 - 1, 2 ** bits)),
  fc.constant(2 ** 32 - 1),
);

/** Nine times out of ten the first. */
function rarely<T>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>): fc.WeightedArbitrary<T>[] {
  return [{ weight: 9, arbitrary: usual }, { weight: 1, arbitrary: other }];
}

const optionNumber = fc.oneof(fc.constantFrom(...Object.values(OPTION)), number32);

/** Data of an option, as they should be or not. */
const optionData = fc.oneof(
  fc.constant(new Uint8Array(0)),
  fc.constantFrom(goData(""), goData("disk", 1, 3), goData("other")),
  fc.constantFrom(contextQuery("", "base:allocation"), contextQuery("disk")),
  fc.uint8Array({ maxLength: 64 }),
  fc.tuple(number32, fc.uint8Array({ maxLength: 40 })).map(([n, rest]) => join(uint32s(n), rest)),
);

/** The length that an option says it has, if that is not the right one. */
const lie = fc.oneof(...rarely(fc.constant(undefined), number32));

/** An option, whose length may be a lie. */
const option = fc.tuple(optionNumber, optionData, lie)
  .map(([number, data, lie]) => optionMessage(number, data, lie));

/** What does not end it. */
const USUAL = Object.values(COMMAND).filter((command) => command !== COMMAND.DISC);
const commandNumber = fc.oneof(
  ...rarely<number>(fc.constantFrom(...USUAL), fc.nat(65_535)),
);

/** A request, with as much to write as it says or not. */
const request = fc.record({
  flags: fc.oneof(fc.constant(0), fc.constant(0), fc.constantFrom(1, 2, 4, 8, 16), fc.nat(65_535)),
  command: commandNumber,
  offsetHigh: fc.oneof(...rarely(fc.constant(0), number32)),
  offset: fc.oneof(...rarely(fc.nat(DISK_BYTES), number32)),
  length: fc.oneof(...rarely(fc.nat(600), number32)),
  payload: fc.oneof(
    fc.constant("as it says" as const),
    fc.constant("as it says" as const),
    fc.uint8Array({ maxLength: 100 }),
  ),
}).map(({ flags, command, offsetHigh, offset, length, payload }) => {
  const head = new DataView(new ArrayBuffer(28));
  head.setUint32(0, MAGIC.REQUEST);
  head.setUint16(4, flags);
  head.setUint16(6, command);
  head.setUint32(16, offsetHigh);
  head.setUint32(20, offset);
  head.setUint32(24, length);
  const isWrite = command === COMMAND.WRITE;
  const data = payload === "as it says"
    ? new Uint8Array(isWrite && length < 1e6 ? length : 0)
    : payload;
  return join(new Uint8Array(head.buffer), data);
});

/** What a client sends from its flags on. */
const script = fc.record({
  clientFlags: fc.oneof(...rarely(fc.constantFrom(1, 3), number32)),
  options: fc.array(option, { maxLength: 4 }),
  /** Whether the options are what they should be. */
  goes: fc.boolean(),
  requests: fc.array(request, { maxLength: 12 }),
  /** Bits to be changed afterwards: anywhere, so without fast-check's taste for small numbers. */
  flips: fc.oneof(fc.constant([]), fc.array(fc.noBias(fc.nat(2 ** 30)), { maxLength: 3 })),
  isCut: fc.boolean(),
  noise: fc.uint8Array({ maxLength: 40 }),
}).map(({ clientFlags, options, goes, requests, flips, isCut, noise }) => {
  const start = goes
    ? [
      optionMessage(OPTION.STRUCTURED_REPLY),
      optionMessage(OPTION.GO, goData("")),
    ]
    : options;
  const bytes = join(uint32s(clientFlags), ...start, ...requests, noise);
  for (const flip of flips) bytes[flip % bytes.length] ^= 1 << (flip % 7);
  return isCut ? bytes.subarray(0, bytes.length - 5) : bytes;
});

/** Send bytes, take whatever comes back, and leave. Answers what the server said at the end. */
async function talk(disk: MemoryDisk, bytes: Uint8Array): Promise<string | undefined> {
  const client = new TestClient(disk);
  const taking = (async () => {
    const into = new Uint8Array(2 ** 16);
    while (await client.stream.read(into) !== null);
  })();
  await client.send(bytes).catch(() => {});
  // What was sent has been read, or never will be.
  await new Promise((resolve) => setTimeout(resolve));
  client.stream.close();
  const complaint = await client.ended;
  await taking;
  return complaint;
}

/** Nothing was asked of the disk that is not on it. */
function assertInside({ asked }: MemoryDisk): void {
  for (const request of asked) {
    const [, offset = 0, length = 0] = request.split(" ").map(Number);
    assert(offset + length <= DISK_BYTES, request);
  }
}

seededTest(
  "random and mutated bytes neither crash the server nor reach anything outside the disk",
  async (seed) => {
    const outcomes = new Set<string>();
    let askedCount = 0;
    await fc.assert(
      fc.asyncProperty(script, async (bytes) => {
        const disk = new MemoryDisk(DISK_BYTES);
        const complaint = await talk(disk, bytes);
        outcomes.add(complaint?.replace(/[\d']+.*/, "") ?? "none");
        askedCount += disk.asked.length;
        assertEquals(disk.bytes.length, DISK_BYTES);
        assertInside(disk);
      }),
      { seed, numRuns: RUNS },
    );
    assert(outcomes.size > 3, `the scripts come to ${outcomes.size} ends only`);
    assert(askedCount > 10, `only ${askedCount} ${[...outcomes]} requests reached the disk`);
  },
);

Deno.test("a server that reports a wrong size of its disk is detected", async () => {
  const result = await fc.check(
    fc.asyncProperty(script, async (bytes) => {
      const disk = new MemoryDisk(DISK_BYTES);
      Object.defineProperty(disk, "sizeBytes", { value: BigInt(2 * DISK_BYTES) });
      await talk(disk, bytes);
      assertInside(disk);
    }),
    { seed: 1, numRuns: RUNS, endOnFailure: true },
  );
  assert(result.failed, "no script went past the end of the disk");
});

seededTest("the server survives random bytes", async (seed) => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 3000 }), async (bytes) => {
      const disk = new MemoryDisk(DISK_BYTES);
      await talk(disk, bytes);
      assertEquals(disk.asked, []);
    }),
    { seed, numRuns: RUNS },
  );
});
