/** The detection matrix: for each part of the explorer, a mutant that it detects. Each row is a run. */
import { twoCopies, twoCopiesLog } from "../../harness/testing/two_copies.ts";
import { relianceCase, RELIANCES } from "../../harness/testing/reliances.ts";
import { BUMP_ALLOCATOR_DEFECTS, bumpAllocatorCase } from "../../harness/testing/bump_allocator.ts";
import {
  ALL_TOGETHER,
  APART,
  GUEST,
  independentTables,
  TABLES,
} from "../../harness/testing/independent_tables.ts";
import {
  bitRot,
  SHOWN_BY,
  TOLD,
  verdictOf,
} from "../../harness/testing/self_identifying_sectors.ts";
import {
  type Exploration,
  exploreLazily,
  FAULTS,
  PRESETS,
  SECTORS,
  VIOLATION_KINDS,
  type ViolationKind,
} from "../../harness/advanced.ts";
import { STRICT } from "../../lib/mod.ts";
import { concurrentRequests, NO_TABLE_LOCK } from "../qed/mutants/concurrency.ts";
import { MUTANTS } from "../qed/mutants/mutants.ts";
import { everyOrder, exploreRuns } from "../qed/orders.ts";
import { explore } from "../qed/scenario.ts";
import { CLUSTER } from "../qed/sizes.ts";
import { write } from "../qed/workload.ts";
import { exploreWorkload, WORKLOAD_NAMES } from "../qed/mutants/workloads.ts";

/** A mutant, and every part of the explorer that detects it. */
export interface DetectionRow {
  /** The defect of the mutant. */
  readonly mutant: string;
  /** The format that it is a mutant of. */
  readonly format: string;
  /** The names of the oracles, presets, faults or searches that detect it. */
  readonly detectedBy: readonly string[];
}

/** One table of the matrix. */
export interface DetectionTable {
  /** The titles of the columns. */
  readonly header: readonly [string, string, string];
  /** A row for each mutant. */
  readonly rows: readonly DetectionRow[];
}

/** The mutants of QED that only one oracle detects, whatever the workload. */
const QED_MUTANTS = [
  "no flush between a long backing file name and the header",
  "no flush before a cleaned cluster is used again",
];

/** The oracles that detect a mutant. */
export const oracleTable = once(makeOracleTable);

function makeOracleTable(): DetectionTable {
  const qed = MUTANTS.filter(({ name }) => QED_MUTANTS.includes(name)).map((mutant) => {
    const { filter, profile = STRICT } = mutant;
    const explored = WORKLOAD_NAMES.map((name) =>
      exploreWorkload(name, SECTORS, { profile, ...(filter && { filters: [filter()] }) })
    );
    return {
      mutant: mutant.name,
      format: "QED, every workload",
      detectedBy: kindsOf(...explored),
    };
  });
  const bumpAllocator = BUMP_ALLOCATOR_DEFECTS.map((mutant) => {
    const { log, target, preset, guestBytes } = bumpAllocatorCase(SECTORS, mutant);
    const explored = exploreLazily(log, target, preset, { guestBytes });
    return { mutant, format: "bump allocator", detectedBy: kindsOf(explored) };
  });
  return {
    header: ["mutant", "format", "oracles that detect it"],
    rows: [...qed, ...bumpAllocator],
  };
}

function kindsOf(...explored: readonly Exploration[]): ViolationKind[] {
  const found = new Set(explored.flatMap(({ violations }) => violations.map(({ kind }) => kind)));
  return VIOLATION_KINDS.filter((kind) => found.has(kind));
}

/** The presets that detect a mutant, which relies on more than the preset promises. */
export const presetTable = once(makePresetTable);

function makePresetTable(): DetectionTable {
  const rows = RELIANCES.map((reliance) => {
    const found = Object.values(PRESETS).filter((preset) => {
      const { log, target, guestBytes } = relianceCase(reliance, preset);
      return exploreLazily(log, target, preset, { guestBytes }).verdict === "violation";
    });
    return {
      mutant: `relies on ${reliance.on}`,
      format: "minimal format",
      detectedBy: found.map(({ name }) => name),
    };
  });
  return { header: ["mutant", "format", "presets that detect it"], rows };
}

/** The faults that show a mutant. */
export const faultTable = once(makeFaultTable);

function makeFaultTable(): DetectionTable {
  const format = "self-identifying sectors";
  const rows: DetectionRow[] = (Object.keys(SHOWN_BY) as (keyof typeof SHOWN_BY)[]).map((
    mutant,
  ) => ({
    mutant,
    format,
    detectedBy: TOLD.filter((fault) => verdictOf(fault, mutant) !== "survives"),
  }));
  const old = Object.keys(FAULTS).filter((fault) => verdictOf(fault) !== "survives");
  rows.push({
    mutant: "does not distinguish an old sector from a new one",
    format,
    detectedBy: old,
  });
  const trusting = TOLD.filter((fault) => verdictOf(fault, "trusts what it reads") !== "survives");
  const rot = bitRot("trusts what it reads").counts.silent > 0 ? ["bit rot"] : [];
  rows.push({ mutant: "trusts what it reads", format, detectedBy: [...trusting, ...rot] });
  return { header: ["mutant", "format", "faults that detect it"], rows };
}

/** The searches that detect mutants which one crash of one run does not show. */
const searchTable = once(makeSearchTable);

function makeSearchTable(): DetectionTable {
  const crashing = (depth: number) =>
    exploreLazily(twoCopiesLog(), twoCopies(true), SECTORS, { guestBytes: CLUSTER / 8, depth })
      .verdict;
  const requests = concurrentRequests(
    [write(3 * CLUSTER, 512), write(4 * CLUSTER, 512)],
    NO_TABLE_LOCK,
  );
  const { violations } = exploreRuns(requests, everyOrder(requests));
  const withHints = (sum: boolean) =>
    exploreLazily(APART, independentTables(ALL_TOGETHER), SECTORS, { ...GUEST, independent: sum });
  const lied = withHints(true);
  return {
    header: ["mutant", "format", "searches that detect it"],
    rows: [
      {
        mutant: "a repair that clears its mark first",
        format: "two copies",
        detectedBy: [
          ...(crashing(1) === "violation" ? ["one crash"] : []),
          ...(crashing(2) === "violation" ? ["a crash during recovery"] : []),
        ],
      },
      {
        mutant: "changes of tables that do not wait for each other",
        format: "QED, two allocations",
        detectedBy: [
          ...(explore(requests([])).verdict === "violation" ? ["requests in sequence"] : []),
          ...(violations.length > 0 ? ["every order of requests"] : []),
        ],
      },
      {
        mutant: "wrong hints of independence",
        format: `independent tables, ${TABLES} of them`,
        detectedBy: [
          ...(withHints(false).verdict === "violation" ? ["every combination"] : []),
          // The search noticed: it ran more recoveries than each table by itself needs.
          ...(lied.verdict === "violation" && lied.recoveries > 2 ** TABLES
            ? ["independent parts (the search notices and runs every combination)"]
            : []),
        ],
      },
    ],
  };
}

/** The tables by the name of their place on the page. */
export const DETECTION_TABLES: Readonly<Record<string, () => DetectionTable>> = {
  oracles: oracleTable,
  presets: presetTable,
  faults: faultTable,
  searches: searchTable,
};

/** Makes something when it is first asked for, and answers that ever after. */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => made ??= make();
}
