import { assertEquals } from "@std/assert";
import { filled, LogBuilder, SECTOR, sectorsOf } from "../testing/log_builder.ts";
import { BLOCKS, ORDERED, type Preset, SECTORS, WRITES } from "../model/presets.ts";
import type { Violation, ViolationKind } from "../result/violation.ts";
import type { WriteLog } from "../log/write_log.ts";
import type { ReferenceContext } from "./check_state.ts";
import type { Persisted } from "../model/persisted.ts";
import { CrashPoints } from "./crash_points.ts";
import { spellOutFindings } from "./spell_out.ts";
import { Findings } from "../result/findings.ts";
import { mappingTarget } from "../testing/mapping_table.ts";

const BASE = sectorsOf(7, 7, 7, 7);

function violation(kind: ViolationKind, subject: string): Violation {
  return { kind, subject, detail: "" };
}

function threeWrites(): LogBuilder {
  const builder = new LogBuilder();
  builder.write(0, filled(1, 3 * SECTOR), { label: "one" });
  builder.write(SECTOR, filled(2), { label: "two" });
  builder.write(3 * SECTOR, filled(3, 100), { label: "three" });
  return builder;
}

/** What a list of findings is made with; there is nothing to recover. */
function trialOf(log: WriteLog, preset: Preset): ReferenceContext {
  const points = new CrashPoints(log, preset);
  return { log, preset, points, target: mappingTarget(), watched: [], leakedBeforeBytes: 0 };
}

/** The pieces that are named for a state after the last write was issued. */
function piecesOf(preset: Preset, byUnit: Persisted["byUnit"]): string[] {
  const builder = threeWrites();
  const findings = new Findings();
  const persisted = { byUnit, sizeBytes: 4 * SECTOR };
  findings.add(violation("leak", "x"), 4, byUnit.size, () => persisted);
  const [found] = spellOutFindings(findings, trialOf(builder.log(BASE), preset));
  return found.persisted.map(({ event, offsetBytes, lengthBytes, label }) =>
    `${event} ${label} ${offsetBytes}+${lengthBytes}`
  );
}

Deno.test("adjacent sectors of one write are named as one piece", () => {
  assertEquals(
    piecesOf(SECTORS, new Map([[0, { event: 0 }], [1, { event: 0 }], [3, { event: 4 }]])),
    [
      "0 one 0+1024",
      "4 three 1536+100",
    ],
  );
});

Deno.test("pieces are in the order of issue", () => {
  assertEquals(
    piecesOf(SECTORS, new Map([[1, { event: 2 }], [2, { event: 0 }], [0, { event: 0 }]])),
    [
      "0 one 0+512",
      "0 one 1024+512",
      "2 two 512+512",
    ],
  );
});

Deno.test("of a write only the part in the block is named", () => {
  assertEquals(piecesOf(BLOCKS, new Map([[0, { event: 4 }]])), ["4 three 1536+100"]);
});

Deno.test("under `writes` whole writes are named", () => {
  assertEquals(piecesOf(WRITES, new Map([[0, { event: 0 }], [4, { event: 4 }]])), [
    "0 one 0+1536",
    "4 three 1536+100",
  ]);
});

Deno.test("under `ordered` every write of the prefix is named", () => {
  assertEquals(piecesOf(ORDERED, new Map([[0, { event: 2 }]])), ["0 one 0+1536", "2 two 512+512"]);
});

Deno.test("of many sightings the one with the fewest versions stays, then the earliest", () => {
  const findings = new Findings();
  const see = (event: number, ...units: number[]) => {
    const byUnit = new Map(units.map((unit) => [unit, { event: unit === 1 ? 2 : 0 }]));
    const persisted = { byUnit, sizeBytes: 4 * SECTOR };
    findings.add(violation("leak", "x"), event, byUnit.size, () => persisted);
  };
  see(5, 0, 1);
  see(5, 1);
  see(4, 0, 1);
  see(3, 1);
  see(4, 1);
  const [found, ...others] = spellOutFindings(findings, trialOf(threeWrites().log(BASE), SECTORS));
  assertEquals(others, []);
  assertEquals([found.crashAfterEvent, found.persisted.length, found.occurrences], [3, 1, 5]);
});

Deno.test("the worst kind comes first, then the earliest crash", () => {
  const findings = new Findings();
  const see = (kind: ViolationKind, subject: string, event: number) => {
    const persisted = { byUnit: new Map(), sizeBytes: undefined };
    findings.add(violation(kind, subject), event, 0, () => persisted);
  };
  see("leak", "a", 0);
  see("wrong-data", "b", 3);
  see("wrong-data", "c", 1);
  see("cannot-open", "d", 4);
  const listed = spellOutFindings(findings, trialOf(threeWrites().log(BASE), SECTORS));
  assertEquals(listed.map(({ subject }) => subject), ["d", "c", "b", "a"]);
  assertEquals(findings.keys, ["cannot-open: d", "leak: a", "wrong-data: b", "wrong-data: c"]);
});
