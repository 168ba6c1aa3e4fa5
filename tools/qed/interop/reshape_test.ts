/** Images that were resized, defragmented, upgraded or given another backing file, as QEMU sees them. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  changeBacking,
  closeImage,
  createImage,
  defragmentImage,
  FileStorage,
  ImageError,
  openImage,
  type QedImage,
  resizeImage,
  runSync,
  upgradeLayout,
  writeImage,
} from "../../../lib/mod.ts";
import { largestImageBytes } from "../../../lib/qed/mod.ts";
import { sized } from "../../../test_support/long.ts";
import { inTempDir } from "../../../test_support/temp_dir.ts";
import {
  type Backing,
  backingPlans,
  makeBacking,
  newImage,
  OpenedImage,
} from "./backing_testing.ts";
import { checkWithQemu } from "./check_terms_testing.ts";
import { describeFailure, runTool, seededQemuTest } from "../../../test_support/qemu.ts";
import {
  imageShapes,
  patternBytes,
  rangeOn,
  type RangePick,
  rangePicks,
} from "../../../test_support/random_images.ts";
import { SparseFile } from "../../../lib/storage/sparse_file.ts";

const RUNS = sized({ short: 8, long: 40 });

type Step =
  | { readonly kind: "write"; readonly pick: RangePick; readonly value: number }
  /** To a size in 256ths of the size before. */
  | { readonly kind: "resize"; readonly size: number }
  | { readonly kind: "rename"; readonly nameBytes: number }
  | { readonly kind: "defragment"; readonly windowClusters: number }
  | { readonly kind: "reopen" };

const writes = fc.record({
  kind: fc.constant("write" as const),
  pick: rangePicks(["byte", "sector", "cluster"]),
  value: fc.integer({ min: 1, max: 255 }),
});
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: writes },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("resize" as const),
      size: fc.oneof(fc.integer({ min: 200, max: 300 }), fc.integer({ min: 256, max: 600 })),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("rename" as const),
      nameBytes: fc.oneof(fc.integer({ min: 20, max: 200 }), fc.integer({ min: 400, max: 900 })),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("defragment" as const),
      windowClusters: fc.constantFrom(1, 3, 100),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: "reopen" }) },
);

const sessions = fc.record({
  shape: imageShapes,
  backing: backingPlans,
  steps: fc.array(steps, { minLength: 2, maxLength: 14 }),
});
type Session = typeof sessions extends fc.Arbitrary<infer T> ? T : never;

/** Carry a session out; answers what the guest's disk must be. The last step is to defragment. */
function play(dir: string, { shape, backing: plan, steps }: Session): SparseFile {
  const backing = makeBacking(dir, { plan, shape });
  newImage(`${dir}/image.qed`, { shape, backing });
  let disk = new SparseFile(shape.imageBytes, backing?.disk);
  let opened = open(dir, backing);
  try {
    for (const step of [...steps, { kind: "defragment", windowClusters: 7 } as const]) {
      const { image, files } = opened;
      switch (step.kind) {
        case "write": {
          const inImage = { ...shape, imageBytes: disk.sizeBytes };
          const { offsetBytes, lengthBytes } = rangeOn(inImage, step.pick);
          const bytes = patternBytes(step.value, lengthBytes);
          disk.write(offsetBytes, bytes);
          runSync(writeImage(image, offsetBytes, bytes), files);
          break;
        }
        case "resize":
          disk = resize(opened, disk, step.size);
          break;
        case "rename":
          rename(dir, { opened, backing, nameBytes: step.nameBytes });
          break;
        case "defragment":
          runSync(defragmentImage(image, step), files);
          break;
        case "reopen":
          runSync(closeImage(image), files);
          opened[Symbol.dispose]();
          opened = open(dir, backing);
      }
    }
    runSync(closeImage(opened.image), opened.files);
  } finally {
    opened[Symbol.dispose]();
  }
  return disk;
}

function open(dir: string, backing: Backing | undefined): OpenedImage {
  return new OpenedImage(dir, { name: "image.qed", backing, writable: true });
}

function resize({ image, files }: OpenedImage, disk: SparseFile, size: number): SparseFile {
  const largest = Number(largestImageBytes(image.geometry));
  const wanted = Math.min(
    largest,
    Math.max(512, Math.floor(disk.sizeBytes * size / 256 / 512) * 512),
  );
  try {
    runSync(resizeImage(image, wanted, { shrink: true }), files);
  } catch (error) {
    // Data would be lost; the test of resizeImage looks at that.
    if (!(error instanceof ImageError) || wanted > disk.sizeBytes) throw error;
    return disk;
  }
  const resized = new SparseFile(wanted);
  for (const [offset, length] of disk.ranges()) {
    const there = Math.min(length, wanted - offset);
    if (there > 0) resized.write(offset, disk.read(offset, there));
  }
  return resized;
}

/** Give the backing file a second name of some length, and change the image to that. */
function rename(
  dir: string,
  { opened: { image, files }, backing, nameBytes }: {
    readonly opened: OpenedImage;
    readonly backing: Backing | undefined;
    readonly nameBytes: number;
  },
): void {
  if (!backing) return;
  const { backing: source } = image;
  // Names of files end at 255 bytes; a path may go through "." as often as it likes.
  const name = "./".repeat(Math.floor((nameBytes - backing.name.length) / 2)) + backing.name;
  runSync(changeBacking(image, { name, isRaw: backing.format === "raw" }), files);
  image.backing = source;
  assertEquals(Deno.statSync(`${dir}/${name}`).isFile, true);
}

async function assertQemuAgrees(dir: string, disk: SparseFile): Promise<void> {
  disk.save(`${dir}/expected.raw`);
  const compare = ["compare", "-f", "qed", "-F", "raw", `${dir}/image.qed`, `${dir}/expected.raw`];
  const [{ code, counts }, compared] = await Promise.all([
    checkWithQemu(`${dir}/image.qed`),
    runTool("qemu-img", compare),
  ]);
  assertEquals(compared.code, 0, describeFailure("qemu-img", compare, compared));
  assertEquals([code, counts["fragmented-clusters"] ?? 0], [0, 0]);
}

seededQemuTest(
  "resized, defragmented and renamed images are sound and in order for QEMU",
  async (seed) => {
    await fc.assert(
      fc.asyncProperty(
        sessions,
        (session) => inTempDir((dir) => assertQemuAgrees(dir, play(dir, session))),
      ),
      { seed, numRuns: RUNS, endOnFailure: true },
    );
  },
);

const rfcSessions = fc.record({
  shape: imageShapes,
  backing: backingPlans,
  steps: fc.array(writes, { minLength: 1, maxLength: 8 }),
});

/** Write an image in the rfc layout, and upgrade it. */
function upgrade(
  dir: string,
  { shape, backing: plan, steps }: typeof rfcSessions extends fc.Arbitrary<infer T> ? T : never,
): SparseFile {
  const clusters = Math.ceil(shape.imageBytes / shape.clusterBytes);
  const inClusters = { ...shape, imageBytes: clusters * shape.clusterBytes };
  const backing = makeBacking(dir, { plan, shape: inClusters });
  const path = `${dir}/image.qed`;
  const named = backing && { name: backing.name, isRaw: backing.format === "raw" };
  {
    using file = FileStorage.open(path, "create");
    runSync(createImage({ ...inClusters, layout: "rfc", ...(named && { backing: named }) }), [
      file,
    ]);
  }
  const disk = new SparseFile(inClusters.imageBytes, backing?.disk);
  using opened = new OpenedImage(dir, {
    name: "image.qed",
    backing,
    writable: true,
    layout: "rfc",
  });
  const { image, files }: { image: QedImage; files: FileStorage[] } = opened;
  const write = ({ pick, value }: typeof steps[number]) => {
    const { offsetBytes, lengthBytes } = rangeOn(inClusters, pick);
    const bytes = patternBytes(value, lengthBytes);
    disk.write(offsetBytes, bytes);
    runSync(writeImage(image, offsetBytes, bytes), files);
  };
  steps.forEach(write);
  runSync(upgradeLayout(image), files);
  write(steps[0]);
  runSync(closeImage(image), files);
  return disk;
}

seededQemuTest(
  "images of the rfc layout are good ones for QEMU once they are upgraded",
  async (seed) => {
    await fc.assert(
      fc.asyncProperty(rfcSessions, (session) =>
        inTempDir(async (dir) => {
          const disk = upgrade(dir, session);
          using file = FileStorage.open(`${dir}/image.qed`, "read-only");
          assertEquals(runSync(openImage(), [file]).header.layout, "final");
          disk.save(`${dir}/expected.raw`);
          const path = `${dir}/image.qed`;
          const compare = ["compare", "-f", "qed", "-F", "raw", path, `${dir}/expected.raw`];
          const compared = await runTool("qemu-img", compare);
          assertEquals(compared.code, 0, describeFailure("qemu-img", compare, compared));
          assertEquals((await checkWithQemu(path)).code, 0);
        })),
      { seed, numRuns: RUNS, endOnFailure: true },
    );
  },
);
