import { BLOCKS, Recorder, SECTORS, WRITES } from "../harness/advanced.ts";
import { type NewBacking, rebaseImage } from "../lib/chain/mod.ts";
import {
  closeImage,
  flushImage,
  MemoryStorage,
  openImage,
  type Operation,
  type OrderingProfile,
  type QedImage,
  STRICT,
  writeImage,
} from "../lib/mod.ts";
import { prepareImage } from "./qed/prepared_image.ts";
import { qedTarget } from "./qed/qed_target.ts";
import { runAsScript } from "./qed/run_as_script.ts";
import type { Case, ExploredScenario, Setup } from "./qed/scenario.ts";
import { CLUSTER, PER_L2_TABLE } from "./qed/sizes.ts";
import { skipFlushes } from "./qed/mutants/request_filters.ts";
import { patternBytes } from "./qed/pattern_bytes.ts";

const DISK = 2 * PER_L2_TABLE;
/** Backing files by name, from slot 1 on: equal in part, of different lengths. */
const OLD = patternBytes(77, 0, PER_L2_TABLE + 3 * CLUSTER + 1024);
const NEW = patternBytes(88, 0, PER_L2_TABLE + 9 * CLUSTER);
OLD.fill(0, 6 * CLUSTER, PER_L2_TABLE);
NEW.set(OLD.subarray(0, 3 * CLUSTER));
NEW.fill(0, 5 * CLUSTER, PER_L2_TABLE - CLUSTER);
NEW.set(OLD.subarray(PER_L2_TABLE, PER_L2_TABLE + CLUSTER), PER_L2_TABLE);

/** The name of one of the backing files. */
type Name = "old.raw" | "new.raw";
const FILES: readonly (readonly [Name, Uint8Array])[] = [["old.raw", OLD], ["new.raw", NEW]];

/** A backing file that is open. */
function backingOf(name: Name): NewBacking {
  const index = FILES.findIndex(([known]) => known === name);
  const source = { kind: "raw" as const, file: index + 1, sizeBytes: FILES[index][1].length };
  return { reference: { name, isRaw: true }, source };
}

/** Open the image with the backing file that its header names. */
function* openAny(how: Parameters<typeof openImage>[0]): Operation<QedImage> {
  const image = yield* openImage({ ...how, writable: true });
  const found = FILES.find(([name]) => name === image.backingName);
  if (found) image.backing = backingOf(found[0]).source;
  return image;
}

/** Rebase an image, write to it and close it; after a crash the header may name either file. */
function setUp(each: Case, from: Name | undefined, to: Name | undefined): Setup {
  const { profile } = each;
  const contents = FILES.find(([name]) => name === from)?.[1];
  const prepared = prepareImage({
    imageBytes: DISK,
    ...(from && contents && { backing: { reference: { name: from, isRaw: true }, contents } }),
    writes: [[CLUSTER + 512, 512], [PER_L2_TABLE + 2 * CLUSTER, 512]],
    zeroes: [[4 * CLUSTER, CLUSTER]],
  });
  const otherFiles = FILES.map(([, bytes]) => new MemoryStorage(bytes));
  const recorder = new Recorder({
    base: prepared.file,
    guestBase: prepared.view,
    otherFiles,
    ...(each.filters && { filters: each.filters }),
  });
  const image = recorder.run(openAny({ profile }));
  recorder.run(rebaseImage(image, to && backingOf(to)));
  const bytes = patternBytes(100, 20 * CLUSTER + 512, 512);
  recorder.guestWrite(20 * CLUSTER + 512, bytes, writeImage(image, 20 * CLUSTER + 512, bytes));
  recorder.guestFlush(flushImage(image));
  recorder.run(closeImage(image));
  return { log: recorder.log, target: target(profile, [from, to]) };
}

function target(profile: OrderingProfile, names: readonly (Name | undefined)[]): Setup["target"] {
  const plain = qedTarget({
    profile,
    clusterBytes: CLUSTER,
    backingNames: names,
    postRecoveryWrites: [{ offsetBytes: 100 * CLUSTER, lengthBytes: 512 }],
  });
  return {
    ...plain,
    otherFiles: FILES.map(([, bytes]) => new MemoryStorage(bytes)),
    recover: () => openAny({ profile }),
  };
}

const COMMON = {
  preset: SECTORS,
  profile: STRICT,
  workload: { clusterBytes: CLUSTER, imageBytes: DISK, steps: [] },
};
const TO_OTHER = {
  ...COMMON,
  name: "to another backing file",
  custom: (each: Case) => setUp(each, "old.raw", "new.raw"),
};
const CLEAN = { expected: "clean" as const };

/** A promise of this implementation. */
export const REBASE: ExploredScenario = {
  name: "rebase",
  mail: "rebaseImage",
  statement: "A safe rebase never changes the guest's data, in any crash.",
  cases: [
    ...[SECTORS, WRITES, BLOCKS].map((preset) => ({ ...TO_OTHER, ...CLEAN, preset })),
    {
      ...COMMON,
      ...CLEAN,
      name: "to no backing file",
      custom: (each: Case) => setUp(each, "old.raw", undefined),
    },
    {
      ...COMMON,
      ...CLEAN,
      name: "to a backing file, from none",
      custom: (each: Case) => setUp(each, undefined, "new.raw"),
    },
    {
      ...TO_OTHER,
      name: "without the flush between copies and L2 entries",
      filters: [skipFlushes("data before L2 entry")],
      expected: ["wrong-data"],
    },
    {
      ...TO_OTHER,
      name: "without the flush before the header",
      filters: [skipFlushes("before the backing file changes")],
      expected: ["wrong-data"],
    },
  ],
};

if (import.meta.main) Deno.exitCode = await runAsScript(REBASE);
