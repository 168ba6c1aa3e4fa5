import {
  ExhaustiveChoices,
  exploreLazily,
  SECTORS,
  traceHash,
  type WriteLog,
} from "../harness/advanced.ts";
import {
  FEATURE,
  type Operation,
  type OrderingProfile,
  type QedImage,
  readImage,
  repairImage,
  STRICT,
} from "../lib/mod.ts";
import { runAsScript } from "./qed/run_as_script.ts";
import { type Case, type ExploredScenario, setUp } from "./qed/scenario.ts";
import { CLUSTER, DISK, PER_L2_TABLE } from "./qed/sizes.ts";
import { patternBytes } from "./qed/pattern_bytes.ts";
import { operate, type Request, type Schedule, together, write } from "./qed/workload.ts";

const FEATURES_OFFSET = 16;
/** Guest addresses of valid clusters: the first of each of two L2 tables. */
const GOOD = [0, PER_L2_TABLE];
/** An address whose entry points past the end of the file. */
const DEAD = 3 * CLUSTER;
/** An address whose entry points at the first good cluster. */
const SHARED = PER_L2_TABLE + 70 * CLUSTER;
const UNALLOCATED = 9 * CLUSTER;

/** The claim, taken literally: in-place writes proceed wherever the check is. */
export const AT_ONCE: OrderingProfile = Object.freeze({
  ...STRICT,
  name: "strict, writes at once",
  waitsForRepair: false,
});

/** Sets table entries, by guest address, and NEED_CHECK. */
function damage(
  file: Uint8Array,
  entries: (hostBytesOf: (guestBytes: number) => bigint) => readonly [number, bigint][],
): void {
  const view = new DataView(file.buffer);
  const placeOf = (guestBytes: number) => {
    const l1Place = CLUSTER + 8 * Math.floor(guestBytes / PER_L2_TABLE);
    const l2Index = Math.floor(guestBytes % PER_L2_TABLE / CLUSTER);
    return Number(view.getBigUint64(l1Place, true)) + 8 * l2Index;
  };
  const hostBytesOf = (guestBytes: number) => view.getBigUint64(placeOf(guestBytes), true);
  for (const [guestBytes, hostBytes] of entries(hostBytesOf)) {
    view.setBigUint64(placeOf(guestBytes), hostBytes, true);
  }
  view.setBigUint64(FEATURES_OFFSET, FEATURE.NEED_CHECK, true);
}

/** The damage that a crash of `strict` leaves: an entry whose cluster was never written. */
export function crashed(file: Uint8Array): void {
  damage(file, () => [[DEAD, BigInt(file.length)]]);
}

/** The damage that a driver adds if it continues after such a crash without a check: two owners. */
export function aliased(file: Uint8Array): void {
  damage(file, (hostBytesOf) => [[DEAD, BigInt(file.length)], [SHARED, hostBytesOf(GOOD[0])]]);
}

/** The check in the background, as the library runs it. */
const CHECK = operate((image) =>
  image.withAllocationLock(repairImage(image, { corruptions: true, leaks: false }))
);

/** A case without its profile and expected result. */
export type Setting = Omit<Case, "profile" | "expected">;

/** A damaged image, and requests while the check runs. */
export function duringCheck(
  how: Pick<Case, "name"> & {
    damage(file: Uint8Array): void;
    schedule?: Schedule;
    check?: Request;
  },
  ...requests: readonly Request[]
): Setting {
  const { name, damage, schedule, check = CHECK } = how;
  return {
    name,
    preset: SECTORS,
    workload: {
      clusterBytes: CLUSTER,
      imageBytes: DISK,
      prepared: GOOD.map((offset) => write(offset, CLUSTER)),
      damage,
      opensUnrepaired: true,
      steps: [together([check, ...requests], schedule)],
    },
    postRecoveryWrites: [
      { offsetBytes: 20 * CLUSTER, lengthBytes: 512 },
      { offsetBytes: 5 * PER_L2_TABLE, lengthBytes: 512 },
    ],
  };
}

/** Completes the newest request first, so that the guest overtakes the check where it can. */
const guestFirst = (count: number) => count - 1;

const OVERWRITES = GOOD.map((offset) => write(offset + 512, 1024));

/** The image that a crash of `strict` leaves, and a guest that also allocates. */
const CRASHED: Setting = duringCheck(
  { name: "dead entry; overwrites and allocations", damage: crashed, schedule: guestFirst },
  ...OVERWRITES,
  write(UNALLOCATED, 512),
  write(DEAD, 512),
);
/** The image with two owners of a cluster, and a guest that writes through both. */
const ALIASED: Setting = duringCheck(
  { name: "cluster with two owners; overwrites", damage: aliased, schedule: guestFirst },
  ...OVERWRITES,
  write(SHARED, 512),
);

/** Each log that some order of the requests produces, with its target. */
function logsOf(
  settingWith: (schedule: Schedule) => Setting,
  onLog?: (log: WriteLog) => void,
): { orders: number; cases: { log: WriteLog; target: ReturnType<typeof setUp>["target"] }[] } {
  const byHash = new Map<string, ReturnType<typeof setUp>>();
  const choices = new ExhaustiveChoices();
  let orders = 0;
  do {
    const setting = settingWith((count) => choices.choose(count));
    const recorded = setUp({ ...setting, profile: STRICT, expected: "clean" });
    const { log, target } = recorded;
    onLog?.(log);
    orders++;
    byHash.set(traceHash(log, { preset: SECTORS, target }), recorded);
  } while (choices.advance());
  return { orders, cases: [...byHash.values()] };
}

/** Explore every crash state of a write during the check, in every order of requests. */
function exploreOrders(
  name: string,
  damage: (file: Uint8Array) => void,
  request: Request,
): { holds: boolean; figure: string } {
  const { orders, cases } = logsOf((schedule) => duringCheck({ name, damage, schedule }, request));
  let states = 0;
  let violations = 0;
  for (const { log, target } of cases) {
    const found = exploreLazily(log, target, SECTORS, { guestBytes: DISK });
    states += Number(found.states.exact);
    violations += found.violations.length;
  }
  return {
    holds: violations === 0,
    figure: `${name}: ${orders} orders, ${cases.length} logs, ${states} states, ` +
      `${violations} violations`,
  };
}

/** Checks that in every order the data of an allocation follows the end of the check. */
function allocationsWait(): { holds: boolean; figure: string } {
  let holds = true;
  const { orders } = logsOf(
    (schedule) =>
      duringCheck({ name: "allocation", damage: crashed, schedule }, write(UNALLOCATED, 512)),
    ({ events }) => {
      const labels = events.flatMap((event) => event.kind === "write-issued" ? [event.label] : []);
      const cleared = labels.indexOf("header");
      holds &&= cleared >= 0 && labels.indexOf("data") > cleared;
    },
  );
  return { holds, figure: `allocation: waits for the end of the check in ${orders} orders` };
}

/** Checks what a guest reads during the check, in every order. */
function readsProceed(): { holds: boolean; figure: string } {
  const first = patternBytes(1, 0, 512);
  const zeroes = new Uint8Array(512);
  const places = [
    { offsetBytes: GOOD[1], allowed: [patternBytes(2, PER_L2_TABLE, 512)] },
    { offsetBytes: DEAD, allowed: [zeroes] },
    // The reader cannot know of the other owner before the check has seen it.
    { offsetBytes: SHARED, allowed: [zeroes, first] },
  ];
  let holds = true;
  let allOrders = 0;
  for (const { offsetBytes, allowed } of places) {
    const read = operate(function* (image: QedImage): Operation<void> {
      const into = new Uint8Array(512);
      yield* readImage(image, offsetBytes, into);
      holds &&= allowed.some((bytes) => bytes.every((byte, i) => byte === into[i]));
    });
    const name = "read";
    allOrders += logsOf((schedule) =>
      duringCheck({ name, damage: aliased, schedule }, read)
    ).orders;
  }
  return {
    holds,
    figure: `reads: the stored data, or zeroes for a dead entry, in ${allOrders} orders`,
  };
}

/** Claim 18. */
export const BACKGROUND_CHECK: ExploredScenario = {
  name: "background-check",
  claim: 18,
  mail: "Anthony Liguori, 12 September 2010 15:13",
  statement:
    "A check need not stop the guest: reads and writes of allocated clusters proceed, only " +
    "allocations wait.",
  cases: [
    { ...CRASHED, profile: AT_ONCE, expected: "clean" },
    // Where two addresses share a cluster it fails: a write goes to whom the check will leave it.
    { ...ALIASED, profile: AT_ONCE, expected: ["wrong-data"] },
    // Ours: a write waits until the check has passed the L2 table that it goes through.
    { ...CRASHED, profile: STRICT, expected: "clean" },
    { ...ALIASED, profile: STRICT, expected: "clean" },
  ],
  demonstrations: [{
    name: "every order of the requests",
    run() {
      const results = [
        exploreOrders("overwrite", crashed, OVERWRITES[1]),
        exploreOrders("overwrite of a shared cluster", aliased, write(SHARED, 512)),
        allocationsWait(),
        readsProceed(),
      ];
      return {
        holds: results.every(({ holds }) => holds),
        figures: results.map(({ figure }) => figure),
      };
    },
  }],
};

if (import.meta.main) Deno.exitCode = await runAsScript(BACKGROUND_CHECK);
