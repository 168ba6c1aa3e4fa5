/** What finds what: rows of tables, each of them made by running it. */
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
} from "../../harness/mod.ts";
import { STRICT } from "../../lib/mod.ts";
import { NO_TURN, requestsTogether } from "../qed/test_orders.ts";
import { PLANTED_BUGS } from "../qed/planted_bugs.ts";
import { everyOrder, judgeOrders } from "../qed/orders.ts";
import { explore } from "../qed/scenario.ts";
import { CLUSTER } from "../qed/sizes.ts";
import { write } from "../qed/workload.ts";
import { exploreByName, WORKLOAD_NAMES } from "../qed/test_workloads.ts";

/** A defect, and all that finds it. */
export interface Row {
  /** What is wrong. */
  readonly defect: string;
  /** Where it is planted. */
  readonly plantedIn: string;
  /** What finds it. */
  readonly foundBy: readonly string[];
}

/** A table of a page. */
export interface FindingTable {
  /** What the columns are. */
  readonly header: readonly [string, string, string];
  /** A row for each defect. */
  readonly rows: readonly Row[];
}

/** The bugs of QED that only one kind of violation shows, whatever the workload. */
const QED_BUGS = [
  "no flush between a long backing file name and the header",
  "no flush before a cleaned cluster is used again",
];

/** The kinds of violations of a defect. */
export function oracleTable(): FindingTable {
  const qed = PLANTED_BUGS.filter(({ name }) => QED_BUGS.includes(name)).map((bug) => {
    const { plant, profile = STRICT } = bug;
    const explored = WORKLOAD_NAMES.map((name) =>
      exploreByName(name, SECTORS, { profile, ...(plant && { filters: [plant()] }) })
    );
    return { defect: bug.name, plantedIn: "QED, every workload", foundBy: kindsOf(...explored) };
  });
  const bumpAllocator = BUMP_ALLOCATOR_DEFECTS.map((defect) => {
    const { log, target, preset, guestBytes } = bumpAllocatorCase(SECTORS, defect);
    const explored = exploreLazily(log, target, preset, { guestBytes });
    return { defect, plantedIn: "a tiny format", foundBy: kindsOf(explored) };
  });
  return {
    header: ["defect", "planted in", "oracles that find it"],
    rows: [...qed, ...bumpAllocator],
  };
}

function kindsOf(...explored: readonly Exploration[]): ViolationKind[] {
  const found = new Set(explored.flatMap(({ violations }) => violations.map(({ kind }) => kind)));
  return VIOLATION_KINDS.filter((kind) => found.has(kind));
}

/** The presets that find what a format relies on. */
export function presetTable(): FindingTable {
  const rows = RELIANCES.map((reliance) => {
    const found = Object.values(PRESETS).filter((preset) => {
      const { log, target, guestBytes } = relianceCase(reliance, preset);
      return exploreLazily(log, target, preset, { guestBytes }).verdict === "violation";
    });
    return {
      defect: `relies on ${reliance.on}`,
      plantedIn: "a tiny format",
      foundBy: found.map(({ name }) => name),
    };
  });
  return { header: ["defect", "planted in", "presets that find it"], rows };
}

/** The faults that show a defect. */
export function faultTable(): FindingTable {
  const plantedIn = "slots with checksums";
  const rows: Row[] = (Object.keys(SHOWN_BY) as (keyof typeof SHOWN_BY)[]).map((defect) => ({
    defect,
    plantedIn,
    foundBy: TOLD.filter((fault) => verdictOf(fault, defect) !== "survives"),
  }));
  const old = Object.keys(FAULTS).filter((fault) => verdictOf(fault) !== "survives");
  rows.push({ defect: "can't tell an old sector from a new one", plantedIn, foundBy: old });
  const trusting = TOLD.filter((fault) => verdictOf(fault, "trusts what it reads") !== "survives");
  const rot = bitRot("trusts what it reads").counts.silent > 0 ? ["bit rot"] : [];
  rows.push({ defect: "trusts what it reads", plantedIn, foundBy: [...trusting, ...rot] });
  return { header: ["defect", "planted in", "faults that find it"], rows };
}

/** What takes more than one crash of one run. */
export function searchTable(): FindingTable {
  const again = (depth: number) =>
    exploreLazily(twoCopiesLog(), twoCopies(true), SECTORS, { guestBytes: CLUSTER / 8, depth })
      .verdict;
  const requests = requestsTogether([write(3 * CLUSTER, 512), write(4 * CLUSTER, 512)], NO_TURN);
  const { violations } = judgeOrders(requests, everyOrder(requests));
  const claims = (sum: boolean) =>
    exploreLazily(APART, independentTables(ALL_TOGETHER), SECTORS, { ...GUEST, independent: sum });
  const lied = claims(true);
  return {
    header: ["defect", "planted in", "searches that find it"],
    rows: [
      {
        defect: "a repair that clears its mark first",
        plantedIn: "a tiny format with a copy",
        foundBy: [
          ...(again(1) === "violation" ? ["one crash"] : []),
          ...(again(2) === "violation" ? ["a crash of the recovery"] : []),
        ],
      },
      {
        defect: "changes of tables that don't wait for each other",
        plantedIn: "QED, two allocations",
        foundBy: [
          ...(explore(requests([])).verdict === "violation" ? ["one request after the other"] : []),
          ...(violations.length > 0 ? ["every order of requests"] : []),
        ],
      },
      {
        defect: "claims of independence that lie",
        plantedIn: `a tiny format of ${TABLES} tables`,
        foundBy: [
          ...(claims(false).verdict === "violation" ? ["every combination"] : []),
          // Noticed: more was run than each table by itself, which would not have shown it.
          ...(lied.verdict === "violation" && lied.recoveries > 2 ** TABLES
            ? ["adding up, which notices and runs every combination"]
            : []),
        ],
      },
    ],
  };
}

/** All of them, each by what it answers. */
export const FINDING_TABLES: Readonly<Record<string, () => FindingTable>> = {
  oracles: oracleTable,
  presets: presetTable,
  faults: faultTable,
  searches: searchTable,
};
