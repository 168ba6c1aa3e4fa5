/** Requests in flight, and a cache with room for one L2 table. */
import { SECTORS } from "../../harness/advanced.ts";
import { type Operation, readImage, STRICT } from "../../lib/mod.ts";
import { aliased, duringCheck } from "../../scenarios/background_check.ts";
import type { OpenCase } from "../../scenarios/qed/orders.ts";
import { CLUSTER, PER_L2_TABLE } from "../../scenarios/qed/sizes.ts";
import {
  discard,
  FLUSH,
  inTurn,
  operate,
  type Request,
  type Schedule,
  together,
  write,
} from "../../scenarios/qed/workload.ts";
import { EAGER } from "../../scenarios/trim_reuse.ts";

/** A case whose schedule is open, and how many requests it has in flight. */
export interface Orders {
  readonly name: string;
  readonly requests: number;
  readonly openCase: OpenCase;
  /** The checked part of the guest's disk, in bytes. */
  readonly guestBytes: number;
}

/** Two L2 tables are all that the guest's disk has. */
const TWO_TABLES = 2 * PER_L2_TABLE;
const POST_RECOVERY_WRITES = [{ offsetBytes: 100 * CLUSTER, lengthBytes: 512 }];

/** The guest reads a sector; its L2 table comes into the cache, and another one goes. */
function read(offsetBytes: number): Request {
  return operate(function* (image): Operation<void> {
    yield* readImage(image, offsetBytes, new Uint8Array(512));
  });
}

/** The other table is used, then the one that is being changed, as the file still has it. */
const OTHER_AND_BACK = inTurn(read(PER_L2_TABLE), read(0));

/** A change beside reads that evict its table; another entry of the table follows. */
function drivenOut(name: string, changing: Request): Orders {
  const openCase = (schedule: Schedule) => ({
    name,
    profile: EAGER,
    preset: SECTORS,
    expected: "clean" as const,
    workload: {
      clusterBytes: CLUSTER,
      imageBytes: TWO_TABLES,
      l2CacheTables: 1,
      prepared: [write(0, 2 * CLUSTER), write(PER_L2_TABLE, CLUSTER)],
      steps: [together([changing, OTHER_AND_BACK], schedule), write(2 * CLUSTER, 512), FLUSH],
    },
    postRecoveryWrites: POST_RECOVERY_WRITES,
  });
  return { name, requests: 2, openCase, guestBytes: TWO_TABLES };
}

/** An entry that the repair takes away is written through, after its table was driven out. */
function besideRepair(name: string): Orders {
  const openCase = (schedule: Schedule) => {
    const shared = PER_L2_TABLE + 70 * CLUSTER;
    const { workload, ...setting } = duringCheck(
      { name, damage: aliased, schedule },
      inTurn(read(0), write(shared, 512)),
    );
    const steps = [...workload.steps, FLUSH];
    return {
      ...setting,
      profile: STRICT,
      expected: "clean" as const,
      postRecoveryWrites: POST_RECOVERY_WRITES,
      workload: { ...workload, imageBytes: TWO_TABLES, l2CacheTables: 1, steps },
    };
  };
  return { name, requests: 2, openCase, guestBytes: TWO_TABLES };
}

/** All of them. */
export const OPEN_CASES: readonly Orders[] = [
  drivenOut("a write whose table is driven out", write(3 * CLUSTER, 512)),
  drivenOut("a discard whose table is driven out", discard(CLUSTER, CLUSTER)),
  besideRepair("a repair whose table is driven out"),
];
