/**
 * The explorer knows one file whose state a crash leaves open; all others are as they are. A commit
 * writes two, but never both at a time: nothing is dropped from the image before its base is
 * durable. So it is explored in phases, and what holds in each holds for the whole:
 * 1. the base under crash, seen through the image, which is as it was;
 * 2. the base alone, which must hold everything once the commit has returned: from here on
 *    clusters of the image may go;
 * 3. the image being emptied over a base that is complete: the scenario `empty`.
 * If the base were not durable at the end of phase 2, phase 3 would lose data: that is what the
 * planted bugs there show.
 *
 * @module
 */
import { BLOCKS, type GuestRange, Recorder, SECTORS, type Target, WRITES } from "../harness/mod.ts";
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
import { skipFlushes } from "./qed/skip_flushes.ts";

/** The base is shorter, and grows. */
const BASE_DISK = PER_L2_TABLE + 2 * CLUSTER + 512;
const DISK = 2 * PER_L2_TABLE;
/** What is written to the base after recovery, where the image holds nothing. */
const POST_RECOVERY_WRITES: readonly GuestRange[] = [{
  offsetBytes: 100 * CLUSTER,
  lengthBytes: 512,
}];

/** Writes of the guest that the image holds: in place for the base, new for it, behind its end. */
const COMMITTED: readonly (readonly [number, number])[] = [
  [CLUSTER + 512, 512],
  [9 * CLUSTER, 512],
  [PER_L2_TABLE + 2 * CLUSTER, CLUSTER],
];
const ZEROED = [4 * CLUSTER, 2 * CLUSTER] as const;

/** The base before, as an image or as a raw file. */
const BASE = prepareImage({
  imageBytes: BASE_DISK,
  writes: [[0, 6 * CLUSTER], [PER_L2_TABLE, CLUSTER]],
});
/** The image, which is not written here. */
function overlayOver(isRaw: boolean) {
  return prepareImage({
    imageBytes: DISK,
    backing: { reference: { name: "base", isRaw }, contents: BASE.view },
    writes: COMMITTED,
    zeroes: [ZEROED],
  });
}
const IMAGE_SLOT = 1;

/** Both files open: the base in slot 0, the image on top of it. */
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

/** Phase 1: whatever a crash makes of the base, the guest of the image sees the same. */
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
  // What becomes a zero cluster leaves its place in the file behind.
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
  return { log: recorder.log, target: target };
}

function imageOf(source: BackingSource): QedImage {
  if (source.kind === "qed") return source.image;
  throw new ImageError("the base is raw");
}

/** Phase 2: what was committed is a write of the base's guest, and flushed when it is done. */
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
  // Nothing is done for this one: what the commit did has to be enough.
  recorder.guestFlush(nothing());
  const target = isRaw
    ? RAW_TARGET
    : qedTarget({ profile, clusterBytes: CLUSTER, postRecoveryWrites: POST_RECOVERY_WRITES });
  return { log: recorder.log, target };
}

function* nothing(): Operation<void> {}

/** A raw file needs no recovery, and nothing can be wrong with it. */
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

/** Not a claim of the thread. */
export const COMMIT: ExploredScenario = {
  name: "commit",
  mail: "commitImage",
  statement: "A commit loses nothing, whenever the power goes: the base is durable first.",
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
