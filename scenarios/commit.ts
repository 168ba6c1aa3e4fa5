/**
 * The explorer crashes one file; the other files keep their contents. A commit writes two files, but
 * one at a time: it drops nothing from the image before the base is durable. This scenario explores
 * the phases one by one, and a promise that holds in each phase holds for the whole commit:
 * 1. the base under crash, read through the unchanged image;
 * 2. the base alone, which must hold all data once the commit has returned, since the image may drop
 *    its clusters from then on;
 * 3. the image that drops its clusters over a complete base: the scenario `empty`.
 * If the base were not durable at the end of phase 2, phase 3 would lose data. The mutants of phase 2
 * show that.
 *
 * @module
 */
import {
  BLOCKS,
  type GuestRange,
  Recorder,
  SECTORS,
  type Target,
  WRITES,
} from "../harness/advanced.ts";
import { commitImage } from "../lib/chain/mod.ts";
import {
  type BackingSource,
  ImageError,
  MemoryStorage,
  openImage,
  type Operation,
  type QedImage,
  readImage,
  STRICT,
  writeImage,
} from "../lib/mod.ts";
import { prepareImage } from "./qed/prepared_image.ts";
import { qedTarget } from "./qed/qed_target.ts";
import { runAsScript } from "./qed/run_as_script.ts";
import type { Case, ExploredScenario, Setup } from "./qed/scenario.ts";
import { CLUSTER, PER_L2_TABLE } from "./qed/sizes.ts";
import { skipFlushes } from "./qed/mutants/request_filters.ts";

/** The base is shorter than the image, so the commit grows it. */
const BASE_DISK = PER_L2_TABLE + 2 * CLUSTER + 512;
const DISK = 2 * PER_L2_TABLE;
/** The range written to the base after recovery, where the image holds nothing. */
const POST_RECOVERY_WRITES: readonly GuestRange[] = [{
  offsetBytes: 100 * CLUSTER,
  lengthBytes: 512,
}];

/** Writes that the image holds: to allocated clusters of the base, to new ones, past its end. */
const COMMITTED: readonly (readonly [number, number])[] = [
  [CLUSTER + 512, 512],
  [9 * CLUSTER, 512],
  [PER_L2_TABLE + 2 * CLUSTER, CLUSTER],
];
const ZEROED = [4 * CLUSTER, 2 * CLUSTER] as const;

/** The base before the commit, as an image and as a raw file. */
const BASE = prepareImage({
  imageBytes: BASE_DISK,
  writes: [[0, 6 * CLUSTER], [PER_L2_TABLE, CLUSTER]],
});
/** The image; the commit does not write it. */
function overlayOver(isRaw: boolean) {
  return prepareImage({
    imageBytes: DISK,
    backing: { reference: { name: "base", isRaw }, contents: BASE.view },
    writes: COMMITTED,
    zeroes: [ZEROED],
  });
}
const IMAGE_SLOT = 1;

/** Both files, open: the base in slot 0, the image over it. */
interface Opened {
  readonly base: BackingSource;
  readonly image: QedImage;
}

function* openBoth(isRaw: boolean, how: Parameters<typeof openImage>[0]): Operation<Opened> {
  const base: BackingSource = isRaw
    ? { kind: "raw", file: 0, sizeBytes: yield { kind: "size", file: 0 } }
    : { kind: "qed", image: yield* openImage({ ...how, writable: true }) };
  const image = yield* openImage({ ...how, file: IMAGE_SLOT });
  image.backing = base;
  return { base, image };
}

/** Phase 1: whatever a crash does to the base, the guest of the image sees the same contents. */
function seenThroughImage(each: Case): Setup {
  const { profile } = each;
  const overlay = overlayOver(false);
  const recorder = new Recorder({
    base: BASE.file,
    guestBase: overlay.view,
    otherFiles: [new MemoryStorage(overlay.file)],
    ...(each.filters && { filters: each.filters }),
  });
  const { base, image } = recorder.run(openBoth(false, { profile }));
  // A cluster that becomes a zero cluster leaks its place in the file.
  recorder.giveUpSpace(ZEROED[1]);
  recorder.run(commitImage(image, base));
  const plain = qedTarget({
    profile,
    clusterBytes: CLUSTER,
    postRecoveryWrites: POST_RECOVERY_WRITES,
  });
  const target: Target<Opened> = {
    ...plain,
    otherFiles: [new MemoryStorage(overlay.file)],
    recover: () => openBoth(false, { profile }),
    inspect: ({ base }) => plain.inspect(imageOf(base)),
    read: ({ image }, offsetBytes, into) => readImage(image, offsetBytes, into),
    write: ({ base }, offsetBytes, bytes) => writeImage(imageOf(base), offsetBytes, bytes),
    fingerprint: ({ base }) => plain.fingerprint?.(imageOf(base)) ?? "",
  };
  return { log: recorder.log, target };
}

function imageOf(source: BackingSource): QedImage {
  if (source.kind === "qed") return source.image;
  throw new ImageError("the base is raw");
}

/** Phase 2: the commit is a write of the base's guest, durable when the commit returns. */
function durableInBase(each: Case, isRaw: boolean): Setup {
  const { profile } = each;
  const overlay = overlayOver(isRaw);
  const recorder = new Recorder({
    base: isRaw ? BASE.view : BASE.file,
    guestBase: BASE.view,
    otherFiles: [new MemoryStorage(overlay.file)],
    ...(each.filters && { filters: each.filters }),
  });
  const { base, image } = recorder.run(openBoth(isRaw, { profile }));
  function* commit(): Operation<void> {
    yield* commitImage(image, base);
  }
  let operation = commit();
  for (const [offsetBytes, lengthBytes] of [...COMMITTED, ZEROED]) {
    const bytes = overlay.view.slice(offsetBytes, offsetBytes + lengthBytes);
    operation = recorder.asGuestWrite(offsetBytes, bytes, operation);
  }
  recorder.giveUpSpace(ZEROED[1]);
  recorder.run(operation);
  // This flush sends no request: the flushes of the commit must suffice.
  recorder.guestFlush(nothing());
  const target = isRaw
    ? RAW_TARGET
    : qedTarget({ profile, clusterBytes: CLUSTER, postRecoveryWrites: POST_RECOVERY_WRITES });
  return { log: recorder.log, target };
}

function* nothing(): Operation<void> {}

/** A raw file needs no recovery and has no metadata to check. */
const RAW_TARGET: Target<null> = {
  name: "raw",
  dataLabels: new Set(["data"]),
  allocationUnitBytes: 512,
  otherFiles: [],
  postRecoveryWrites: POST_RECOVERY_WRITES,
  beforeEachState: () => {},
  *recover() {
    yield* nothing();
    return null;
  },
  *inspect() {
    yield* nothing();
    return { problems: [], leakedBytes: 0 };
  },
  *read(_session, offsetBytes, into) {
    const moved = yield { kind: "read", file: 0, offsetBytes, into, label: "data" };
    into.fill(0, moved);
  },
  *write(_session, offsetBytes, bytes) {
    yield { kind: "write", file: 0, offsetBytes, bytes, label: "data" };
  },
  refusal: () => undefined,
};

const COMMON = {
  preset: SECTORS,
  profile: STRICT,
  workload: { clusterBytes: CLUSTER, imageBytes: DISK, steps: [] },
};
const THROUGH = {
  ...COMMON,
  name: "the base, seen through the image",
  custom: seenThroughImage,
};
const ALONE = {
  ...COMMON,
  name: "the base alone",
  custom: (each: Case) => durableInBase(each, false),
};
const RAW = {
  ...COMMON,
  name: "a raw base alone",
  custom: (each: Case) => durableInBase(each, true),
};
const CLEAN = { expected: "clean" as const };

/** A promise of this implementation. */
export const COMMIT: ExploredScenario = {
  name: "commit",
  mail: "commitImage",
  statement:
    "A commit loses no data in any crash: the base is durable before the image drops clusters.",
  cases: [
    ...[SECTORS, WRITES, BLOCKS].flatMap((preset) => [
      { ...THROUGH, ...CLEAN, preset },
      { ...ALONE, ...CLEAN, preset },
      { ...RAW, ...CLEAN, preset },
    ]),
    {
      ...THROUGH,
      name: "the base seen through the image, NEED_CHECK not flushed",
      filters: [skipFlushes("NEED_CHECK before allocation")],
      expected: ["inconsistent"],
    },
    {
      ...ALONE,
      name: "the base alone, not flushed at the end",
      filters: [skipFlushes("before clearing NEED_CHECK", "NEED_CHECK cleared")],
      expected: ["wrong-data"],
    },
    {
      ...RAW,
      name: "a raw base alone, not flushed at the end",
      filters: [skipFlushes("committed")],
      expected: ["wrong-data"],
    },
  ],
};

if (import.meta.main) Deno.exitCode = await runAsScript(COMMIT);
