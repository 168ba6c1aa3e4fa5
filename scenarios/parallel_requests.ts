import { type InFlight, type LogEvent, type OrderScheduler, SECTORS } from "../harness/advanced.ts";
import { type Operation, type QedImage, readImage, STRICT } from "../lib/mod.ts";
import { everyOrder, exploreRuns, type OpenCase, orderFigure } from "./qed/orders.ts";
import { type Case, type ExploredScenario } from "./qed/scenario.ts";
import { runAsScript } from "./qed/run_as_script.ts";
import { CLUSTER } from "./qed/sizes.ts";
import { record } from "./qed/record.ts";
import { FLUSH, operate, type Request, together, write } from "./qed/workload.ts";

/** A small disk, since each order creates it again. */
const DISK_BYTES = 64 * CLUSTER;
/** Guest clusters that are allocated before the log begins. */
const ALLOCATED = [0, 1, 2].map((cluster) => cluster * CLUSTER);
/** Guest clusters that are not. */
const NEW = [10, 11, 12].map((cluster) => cluster * CLUSTER);

const IN_PLACE = ALLOCATED.map((offsetBytes) => write(offsetBytes, 512));
const ALLOCATING = NEW.map((offsetBytes) => write(offsetBytes, 512));

const READ = operate((image: QedImage): Operation<void> =>
  readImage(image, ALLOCATED[2], new Uint8Array(1024))
);

/** Concurrent requests on a small image. */
function inFlight(name: string, requests: readonly Request[]) {
  return (schedule: Parameters<OpenCase>[0] | { readonly seed: number }): Case => ({
    name,
    profile: STRICT,
    preset: SECTORS,
    expected: "clean",
    workload: {
      clusterBytes: CLUSTER,
      imageBytes: DISK_BYTES,
      prepared: ALLOCATED.map((offsetBytes) => write(offsetBytes, CLUSTER)),
      // The first read loads the tables, which keeps the number of orders down.
      steps: [READ, together(requests, schedule)],
    },
    postRecoveryWrites: [{ offsetBytes: 20 * CLUSTER, lengthBytes: 512 }],
  });
}

const ONE_ALLOCATES = inFlight("two overwrites, a read, an allocation, a flush", [
  ...IN_PLACE.slice(0, 2),
  READ,
  ALLOCATING[0],
  FLUSH,
]);
const TWO_ALLOCATE = inFlight("two overwrites, two allocations, a flush", [
  ...IN_PLACE.slice(0, 2),
  ...ALLOCATING.slice(0, 2),
  FLUSH,
]);
const SAME_CLUSTER = inFlight("two writes to one new cluster, an overwrite", [
  ALLOCATING[0],
  write(NEW[0] + 512, 512),
  IN_PLACE[0],
]);

/** Explores every crash of every order of the requests. */
function explored(openCase: ReturnType<typeof inFlight>) {
  const found = everyOrder(openCase);
  const states = exploreRuns(openCase, found);
  return {
    holds: found.coverage === "exhaustive" && states.violations.length === 0,
    figure: orderFigure(openCase({ seed: 0 }).name, found, states),
  };
}

/** Checks that overwrites go to the disk at once, and allocations one after the other. */
function turns() {
  const found = everyOrder(TWO_ALLOCATE);
  let beside = 0;
  let holds = found.coverage === "exhaustive";
  for (const { result: { log } } of found.runs) {
    holds &&= overwritesStartAtOnce(log.events) &&
      allocatesOneByOne(log.events, log.base.sizeBytes);
    if (overwriteEndsDuringAllocation(log.events, log.base.sizeBytes)) beside++;
  }
  return {
    holds: holds && beside > 0,
    figures: [
      `${found.orders} orders: overwrites never wait, allocations never overlap`,
      `${beside} of ${found.runs.length} logs: an overwrite completes during an allocation`,
    ],
  };
}

/** Whether each overwrite is sent to the disk as soon as the guest begins it. */
function overwritesStartAtOnce(events: readonly LogEvent[]): boolean {
  return events.every((event, i) => {
    if (event.kind !== "guest-write-begun" || !ALLOCATED.includes(event.offsetBytes)) return true;
    const next = events[i + 1];
    return next?.kind === "write-issued" && next.label === "data";
  });
}

/** The start of each allocation, which is its data, and its end, which is its entry. */
function allocationSteps(events: readonly LogEvent[], endBytes: number) {
  const entries = new Set<number>();
  return events.flatMap((event, at): { kind: "starts" | "ends"; at: number }[] => {
    if (event.kind === "write-issued") {
      if (event.label === "l2-table") entries.add(event.id);
      const isNew = event.label === "data" && event.offsetBytes >= endBytes;
      return isNew ? [{ kind: "starts", at }] : [];
    }
    const isEntry = event.kind === "write-completed" && entries.has(event.id);
    return isEntry ? [{ kind: "ends", at }] : [];
  });
}

function allocatesOneByOne(events: readonly LogEvent[], endBytes: number): boolean {
  const kinds = allocationSteps(events, endBytes).map(({ kind }) => kind);
  return kinds.join() === "starts,ends,starts,ends";
}

function overwriteEndsDuringAllocation(events: readonly LogEvent[], endBytes: number): boolean {
  const overwrites = new Set<number>();
  for (const event of events) {
    if (event.kind !== "write-issued" || event.label !== "data") continue;
    if (event.offsetBytes < endBytes) overwrites.add(event.id);
  }
  const [start, end] = allocationSteps(events, endBytes);
  return events.some((event, at) =>
    event.kind === "write-completed" && overwrites.has(event.id) && start.at < at && at < end.at
  );
}

/** Measures concurrent requests against one of them alone. */
function times() {
  // Each overwrite and each allocation has a cluster of its own.
  const overwrites = (count: number) => writesFrom(0, count);
  const allocations = (count: number) => writesFrom(MAX_REQUESTS, count);
  const takes = (requests: readonly Request[]) => timeTogether(requests, MAX_REQUESTS);
  const figures: string[] = [];
  let holds = true;
  for (const count of [1, 4, MAX_REQUESTS]) {
    const inPlace = takes(overwrites(count));
    const allocating = takes(allocations(count));
    const mixed = takes([...allocations(count), ...overwrites(count)]);
    holds &&= inPlace.all === takes(overwrites(1)).all;
    holds &&= allocating.all === count * takes(allocations(1)).all;
    holds &&= mixed.all === allocating.all;
    holds &&= mixed.each.slice(count).every((time) => time === inPlace.all);
    figures.push(
      `${count} at a time: overwrites take ${inPlace.all} ms, allocations ${allocating.all} ms, ` +
        `both together ${mixed.all} ms with the overwrites done after ${
          Math.max(...mixed.each.slice(count))
        } ms`,
    );
  }
  return { holds, figures };
}

/** The largest number of concurrent requests of a kind. */
const MAX_REQUESTS = 16;

function writesFrom(firstCluster: number, count: number): Request[] {
  return Array.from({ length: count }, (_, i) => write((firstCluster + i) * CLUSTER, 512));
}

/** The duration of a request on the slow disk, in milliseconds of its clock. */
const REQUEST_MS = 8;

/**
 * Runs concurrent requests on a disk that takes {@linkcode REQUEST_MS} for each, however many there
 * are. The first `allocated` clusters hold data, and NEED_CHECK is set already. Returns the time at
 * which all requests are complete, and the time of each.
 */
function timeTogether(
  requests: readonly Request[],
  allocated: number,
): { all: number; each: readonly number[] } {
  const clock = new DiskClock();
  record({
    clusterBytes: CLUSTER,
    imageBytes: DISK_BYTES,
    steps: [write(0, allocated * CLUSTER), together(requests, clock)],
  }, { profile: STRICT });
  return { all: clock.nowMs, each: requests.map((_, i) => clock.endsMs.get(i) ?? 0) };
}

/** Completes each request after its duration, and advances the clock. */
class DiskClock implements OrderScheduler {
  nowMs = 0;
  /** When each operation was last answered. */
  readonly endsMs = new Map<number, number>();
  readonly #dueMs = new Map<InFlight["request"], number>();

  watch(): void {}

  choose(ready: readonly InFlight[], running: readonly InFlight[]): number {
    for (const { request } of running) {
      const takesMs = request.kind === "wait" ? 0 : REQUEST_MS;
      if (!this.#dueMs.has(request)) this.#dueMs.set(request, this.nowMs + takesMs);
    }
    const due = ready.map(({ request }) => this.#dueMs.get(request) ?? 0);
    const earliest = Math.min(...due);
    this.nowMs = Math.max(this.nowMs, earliest);
    return due.indexOf(earliest);
  }

  answered({ index }: InFlight): void {
    this.endsMs.set(index, this.nowMs);
  }
}

/** Claim 23. */
export const PARALLEL_REQUESTS: ExploredScenario = {
  name: "parallel-requests",
  claim: 23,
  mail: "Anthony Liguori, 10 September 2010 19:33",
  statement: "Requests run in parallel, but only one at a time allocates.",
  cases: [ONE_ALLOCATES({ seed: 1 }), TWO_ALLOCATE({ seed: 1 }), SAME_CLUSTER({ seed: 1 })],
  demonstrations: [
    {
      name: "every crash of every order of the requests",
      run() {
        const results = [ONE_ALLOCATES, TWO_ALLOCATE, SAME_CLUSTER].map(explored);
        return {
          holds: results.every(({ holds }) => holds),
          figures: results.map(({ figure }) => figure),
        };
      },
    },
    { name: "which requests wait", run: turns },
    { name: "time on a disk that takes 8 ms for each request", run: times },
  ],
};

if (import.meta.main) Deno.exitCode = await runAsScript(PARALLEL_REQUESTS);
