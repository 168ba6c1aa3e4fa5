import { assert, assertEquals, assertGreater, assertThrows } from "@std/assert";
import fc from "fast-check";
import { CORRECT, keyValueStore } from "../../examples/key_value_store.ts";
import { defineFormat, type Format } from "./define_format.ts";
import { violationKey } from "../result/violation.ts";
import { explore } from "./explore.ts";
import type { ExploreOptions } from "./explore_options.ts";
import { replay } from "./replay.ts";
import { formatToken, parseToken, ReplayTokenError, type TokenParts } from "./replay_token.ts";
import { shrink } from "./shrink_finding.ts";
import { mapFormat, rawDefinition, rawFormat, writeAt } from "./toy_formats_testing.ts";
import { sized } from "../../test_support/long.ts";

const EAGER = keyValueStore({ ...CORRECT, flushesTable: false });
const WRITE_AND_FLUSH = [writeAt(0), { kind: "flush" }] as const;

/** Explorations that find something, one for each way in which it can be shown. */
const FINDERS: Readonly<Record<string, readonly [Format, ExploreOptions]>> = {
  "a crash": [EAGER, {}],
  "a crash of recovery": [EAGER, { depth: 2 }],
  "a torn sector": [keyValueStore({ ...CORRECT, checksumsValues: false }), {
    workload: [writeAt(0), { kind: "flush" }, writeAt(0)],
    faults: ["torn-sector"],
  }],
  "a corrupted neighbourhood": [mapFormat(), { faults: "neighbour-corruption(4096)" }],
  "an order of requests": [mapFormat({ takesPlaceLate: true }), {
    workload: [writeAt(0), writeAt(1), { kind: "flush" }],
    concurrent: true,
  }],
  "a fault and a crash": [rawFormat({ ignoresFailedFlush: true }), {
    workload: WRITE_AND_FLUSH,
    runTimeFaults: ["flush-fails"],
  }],
  "a fault and no crash": [rawFormat({ ignoresFailedRead: true }), {
    workload: WRITE_AND_FLUSH,
    runTimeFaults: ["read-fails"],
  }],
  "a bit that rots": [rawFormat(), { workload: WRITE_AND_FLUSH, runTimeFaults: ["bit-rot"] }],
  "a refusal": [rawFormat({ refusesLong: true }), {}],
};

for (const [name, [format, options]] of Object.entries(FINDERS)) {
  Deno.test(`a token replays ${name}, as found and as shrunk`, () => {
    const { findings } = explore(format, { ...options, continueAfterFailure: true });
    assertGreater(findings.length, 0);
    for (const finding of findings.slice(0, sized({ short: 2, long: findings.length }))) {
      for (const { token, violation } of [finding, shrink(finding).finding]) {
        const { verdict, violations, text } = replay(format, token);
        assertEquals(verdict, "violation");
        const seen = violations.map(violationKey);
        assert(seen.includes(violationKey(violation)), `${token}: ${seen}`);
        assert(text.includes(violation.subject), text);
      }
    }
  });
}

Deno.test("once recovery is mended, the same state is clean", () => {
  // The log stays as it is: what is mended reads.
  const broken = defineFormat({ ...rawDefinition(), *read() {} });
  const [{ token }] = explore(broken).findings;
  assertEquals(replay(broken, token).verdict, "violation");
  assertEquals(replay(rawFormat(), token).verdict, "clean");
});

Deno.test("a token of another format, or of another log, is refused", () => {
  const [{ token }] = explore(EAGER).findings;
  const refusalOf = (format: Format, each = token) => {
    const error = assertThrows(() => replay(format, each), ReplayTokenError);
    assert(error.message.startsWith(`Cannot replay '${each}': `), error.message);
    return error;
  };
  assertEquals(refusalOf(rawFormat()).reason, "other format");
  // The flush that was missing is there now, so that there is no such state any more.
  const mended = refusalOf(keyValueStore());
  assertEquals(mended.reason, "other log");
  assert(mended.message.includes('explore(format, { workload: [{"kind":"write"'), mended.message);
  const parts = parseToken(token);
  const otherModel = formatToken({ ...parts, preset: "no-such-model" });
  assertEquals(refusalOf(EAGER, otherModel).reason, "other log");
  const otherSteps = formatToken({ ...parts, steps: [writeAt(99)] });
  assertEquals(refusalOf(EAGER, otherSteps).reason, "other log");
  const late = { kind: "crash", crashes: [{ afterEvent: 999, choices: [] }] } as const;
  assertEquals(refusalOf(EAGER, formatToken({ ...parts, state: late })).reason, "other log");
  const long = { kind: "crash", crashes: [{ afterEvent: 3, choices: [9, 9, 9] }] } as const;
  assertEquals(refusalOf(EAGER, formatToken({ ...parts, state: long })).reason, "other log");
});

Deno.test("a damaged token is refused, wherever it is damaged", () => {
  const [{ token }] = explore(EAGER).findings;
  for (let at = 0; at < token.length; at++) {
    for (
      const damaged of [
        token.slice(0, at),
        token.slice(at + 1),
        token.slice(0, at) + "7" + token.slice(at + 1),
      ]
    ) {
      if (damaged === token || damaged === "") continue;
      const error = assertThrows(() => replay(EAGER, damaged), ReplayTokenError);
      assertEquals(error.reason, "malformed", damaged);
    }
  }
});

Deno.test("any text is a token or is refused with a typed error", () => {
  const words = fc.constantFrom("kv", ":", "/", "w0+512", ".", "@", "-", "f", "z9", "sectors", "0");
  const texts = fc.oneof(
    fc.string(),
    fc.array(words, { maxLength: 20 }).map((each) => each.join("")),
  );
  fc.assert(fc.property(texts, (text) => {
    assertThrows(() => replay(EAGER, text), ReplayTokenError);
  }));
});

Deno.test("a token says all that was put into it", () => {
  const choices = fc.array(fc.oneof(fc.constant(0), fc.nat(9)), { maxLength: 12 });
  const crash = fc.record(
    { afterEvent: fc.integer({ min: -1, max: 500 }), choices },
    { noNullPrototype: true },
  );
  const state = fc.oneof(
    fc.constantFrom({ kind: "end" } as const, { kind: "refused" } as const),
    fc.nat(1000).map((bit) => ({ kind: "bit", bit } as const)),
    fc.tuple(crash, crash).map((crashes) => ({ kind: "crash", crashes } as const)),
  );
  const step = fc.constantFrom(
    ...[writeAt(3), { kind: "flush" }, { kind: "reopen" }, { kind: "close" }] as const,
    ...[{ kind: "grow", sizeBytes: 4096 }, { ...writeAt(1), kind: "zero" }] as const,
    { ...writeAt(2), kind: "discard" } as const,
  );
  const parts = fc.record({
    format: fc.constantFrom("kv", "my-log.2"),
    steps: fc.array(step, { minLength: 1 }),
    preset: fc.constantFrom("sectors", "torn-sector", "neighbour-corruption(4096)"),
    fault: fc.constantFrom({ name: "flush-fails", nth: 0 }, { name: "short-read", nth: 99 }),
    order: choices,
    state,
    traceHash: fc.constant("0123456789abcdef"),
  }, {
    requiredKeys: ["format", "steps", "preset", "state", "traceHash"],
    noNullPrototype: true,
  });
  fc.assert(fc.property(parts, (each) => {
    assertEquals(parseToken(formatToken(each as TokenParts)), each as TokenParts);
  }));
});

Deno.test("a state is shrunk to what is needed, and a workload to the steps that are", () => {
  const workload = [writeAt(5), writeAt(1), { kind: "flush" }, writeAt(2), {
    kind: "reopen",
  }] as const;
  const shrunk = shrink(explore(EAGER, { workload }));
  assertEquals(shrunk.finding.words, ["write 512 bytes at 0", "flush", "reopen"]);
  assertEquals(shrunk.stepsLeftOut, 2);
  assert(shrunk.explanation.some((each) => each.startsWith("A flush is missing after")));
  const refused = explore(rawFormat({ refusesLong: true }), {
    workload: [writeAt(3), { kind: "flush" }, writeAt(0, 3)],
  });
  assertEquals(shrink(refused).finding.words, ["write 1024 bytes at 0"]);
  assertThrows(() => shrink(explore(rawFormat())), TypeError, "it has no finding");
});
