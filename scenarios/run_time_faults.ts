import {
  type BitRot,
  exploreBitRot,
  exploreFaults,
  type FaultResult,
  FAULTS,
  SECTORS,
} from "../harness/advanced.ts";
import { STRICT } from "../lib/mod.ts";
import { faultyRun } from "./qed/faulty_run.ts";
import { type DemonstratedScenario, setUp } from "./qed/scenario.ts";
import { runAsScript } from "./qed/run_as_script.ts";
import { CLUSTER, DISK, PER_L2_TABLE } from "./qed/sizes.ts";
import { patternBytes } from "./qed/pattern_bytes.ts";
import {
  CLOSE,
  discard,
  FLUSH,
  REOPEN,
  type Step,
  type Workload,
  write,
  zero,
} from "./qed/workload.ts";

const COMMON = { clusterBytes: CLUSTER, imageBytes: DISK };
/** Takes every write path twice, so that there is data to lose after the fault. */
const steps = (unmap: typeof zero): readonly Step[] => [
  write(3 * CLUSTER + 512, 1024),
  write(512, 512),
  FLUSH,
  write(PER_L2_TABLE, CLUSTER),
  unmap(0, CLUSTER),
  zero(3 * CLUSTER, CLUSTER),
  FLUSH,
  write(3 * CLUSTER + 512, 1024),
  write(5 * CLUSTER, 512),
  REOPEN,
  write(5 * CLUSTER, 1024),
  write(7 * CLUSTER, 512),
  FLUSH,
  CLOSE,
];
/** The workload without a backing file and over one. */
const FAULTY: Readonly<Record<string, Workload>> = {
  "without a backing file": { ...COMMON, prepared: [write(0, CLUSTER)], steps: steps(discard) },
  // Zeroes: the data after a discard depends on whether the write before it succeeded.
  "over a backing file": {
    ...COMMON,
    backing: patternBytes(7, 0, 6 * CLUSTER),
    steps: steps(zero),
  },
};
/** The same without closing the image in between. */
const ONE_SESSION: typeof FAULTY = Object.fromEntries(
  Object.entries(FAULTY).map(([name, workload]) => {
    const steps = workload.steps.filter(({ kind }) => kind !== "reopen" && kind !== "close");
    return [name, { ...workload, steps }];
  }),
);
/** Faults that storage reports, or that a retry for the rest hides: no data may be lost. */
const REPORTED = [
  "read-fails",
  "write-fails",
  "growth-fails",
  "short-read",
  "short-write",
];

function explore(name: string, fault: string): FaultResult {
  return exploreIn(FAULTY[name], fault);
}

function exploreIn(workload: Workload, fault: string): FaultResult {
  return exploreFaults(
    (filter) => faultyRun({ workload, profile: STRICT }, filter),
    FAULTS[fault],
    { preset: SECTORS },
  );
}

function figure(
  name: string,
  { fault, verdict, points, refused, statesLog2 }: FaultResult,
): string {
  return `${fault}, ${name}: ${verdict} (each of ${points} requests, refusals in ` +
    `${refused} runs, 2^${statesLog2.toFixed(1)} states)`;
}

/** Faults after which reads return data that may not be on disk. */
const HIDDEN = ["write-fails-late", "flush-fails"];

/** A closed image with one cluster in each of two L2 tables, for bit rot. */
const AT_REST: Workload = {
  ...COMMON,
  prepared: [write(0, 512), write(PER_L2_TABLE, 512)],
  steps: [],
};
/** Tries one bit of this many. */
const STRIDE = 61;

function partOf(offsetBytes: number): string {
  if (offsetBytes < CLUSTER) return offsetBytes < 64 ? "header fields" : "rest of the header";
  if (offsetBytes < 2 * CLUSTER) return "L1 table";
  // In the order of allocation: data, its L2 table, data, its L2 table.
  return (offsetBytes / CLUSTER | 0) % 2 === 0 ? "data" : "L2 tables";
}

function rotFigure({ part, tried, of, counts }: BitRot): string {
  const classes = Object.entries(counts).filter(([, count]) => count > 0)
    .map(([verdict, count]) => `${count} ${verdict}`);
  return `bit rot, ${part}: ${classes.join(", ")} (sampled ${tried} of ${of} bits)`;
}

/** A promise of this implementation. */
export const RUN_TIME_FAULTS: DemonstratedScenario = {
  name: "run-time-faults",
  mail: "writeImage, flushImage",
  statement:
    "If one storage request fails and storage reports it, no flushed data is lost, and no read " +
    "returns wrong data.",
  demonstrations: [
    {
      name: "reported faults: each request, each crash after it",
      run() {
        const results = Object.keys(FAULTY).flatMap((name) =>
          REPORTED.map((fault) => ({ name, result: explore(name, fault) }))
        );
        return {
          holds: results.every(({ result }) => result.verdict === "survives" && result.points > 0),
          figures: results.map(({ name, result }) => figure(name, result)),
        };
      },
    },
    {
      name: "reads return data that may not be on disk, and the image stays open",
      run() {
        const results = Object.keys(ONE_SESSION).flatMap((name) =>
          HIDDEN.map((fault) => ({ name, result: exploreIn(ONE_SESSION[name], fault) }))
        );
        return {
          holds: results.every(({ result }) => result.verdict === "survives" && result.points > 0),
          figures: results.map(({ name, result }) => figure(name, result)),
        };
      },
    },
    {
      // The cache may hold data that is not on disk, and no flush writes it.
      name: "the same, and the same host opens the image again, as found",
      run() {
        const results = Object.keys(FAULTY).flatMap((name) =>
          HIDDEN.map((fault) => ({ name, result: explore(name, fault) }))
        );
        return {
          holds: results.every(({ result }) => result.points > 0),
          figures: results.map(({ name, result }) => figure(name, result)),
        };
      },
    },
    {
      name: "a misdirected write, as found: the format has no checksums",
      run() {
        const result = explore("without a backing file", "misdirected-write");
        return { holds: result.points > 0, figures: [figure("without a backing file", result)] };
      },
    },
    {
      name: "bit rot while the image is closed, as found",
      run() {
        const { log, target } = setUp({
          name: "",
          profile: STRICT,
          preset: SECTORS,
          workload: AT_REST,
          expected: "as found",
        });
        const parts = exploreBitRot({ log, target, guestBytes: DISK }, { partOf, stride: STRIDE });
        return { holds: parts.length > 0, figures: parts.map(rotFigure) };
      },
    },
  ],
};

if (import.meta.main) Deno.exitCode = await runAsScript(RUN_TIME_FAULTS);
