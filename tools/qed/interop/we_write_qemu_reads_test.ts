/** Images that this library creates and writes, as QEMU sees them. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  closeImage,
  flushImage,
  type OrderingProfile,
  QEMU,
  RFC,
  runSync,
  STRICT,
  writeImage,
} from "../../../lib/mod.ts";
import {
  type Backing,
  type BackingPlan,
  backingPlans,
  makeBacking,
  newImage,
  OpenedImage,
} from "./backing_testing.ts";
import { sized } from "../../../test_support/long.ts";
import { describeFailure, runTool, seededQemuTest } from "../../../test_support/qemu.ts";
import {
  type ImageShape,
  imageShapes,
  patternBytes,
  rangeOn,
  type RangePick,
  rangePicks,
} from "../../../test_support/random_images.ts";
import { SparseFile } from "../../../lib/storage/sparse_file.ts";
import { inTempDir } from "../../../test_support/temp_dir.ts";

/** What a guest does, or what is done to the image. */
type Step =
  | { readonly kind: "write"; readonly pick: RangePick; readonly value: number }
  | { readonly kind: "flush" }
  | { readonly kind: "reopen"; readonly clean: boolean };

const write: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant("write" as const),
  pick: rangePicks(["byte", "byte", "sector", "cluster"]),
  value: fc.nat(255),
});

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: write },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: "flush" }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("reopen" as const), clean: fc.boolean() }),
  },
);

interface Session {
  readonly shape: ImageShape;
  readonly backing: BackingPlan;
  readonly profile: OrderingProfile;
  readonly steps: readonly Step[];
  readonly closed: boolean;
}

const sessions: fc.Arbitrary<Session> = fc.record({
  shape: imageShapes,
  backing: backingPlans,
  profile: fc.constantFrom(STRICT, STRICT, QEMU, RFC),
  steps: fc.array(steps, { minLength: 1, maxLength: 12 }),
  closed: fc.boolean(),
});

function play(dir: string, session: Session): SparseFile {
  const { shape, profile } = session;
  const backing = makeBacking(dir, { plan: session.backing, shape });
  newImage(`${dir}/image.qed`, { shape, backing });
  const disk = new SparseFile(shape.imageBytes, backing?.disk);
  let opened = openForWriting(dir, { profile, backing });
  try {
    for (const step of session.steps) {
      const { image, files } = opened;
      if (step.kind === "write") {
        const { offsetBytes, lengthBytes } = rangeOn(shape, step.pick);
        const bytes = patternBytes(step.value, lengthBytes);
        disk.write(offsetBytes, bytes);
        runSync(writeImage(image, offsetBytes, bytes), files);
      } else if (step.kind === "flush") {
        runSync(flushImage(image), files);
      } else {
        if (step.clean) runSync(closeImage(image), files);
        opened[Symbol.dispose]();
        opened = openForWriting(dir, { profile, backing });
      }
    }
    if (session.closed) runSync(closeImage(opened.image), opened.files);
  } finally {
    opened[Symbol.dispose]();
  }
  return disk;
}

function openForWriting(
  dir: string,
  options: { profile: OrderingProfile; backing: Backing | undefined },
): OpenedImage {
  return new OpenedImage(dir, { ...options, name: "image.qed", writable: true });
}

async function assertQemuAgrees(dir: string, disk: SparseFile): Promise<void> {
  disk.save(`${dir}/expected.raw`);
  const check = ["check", "-f", "qed", `${dir}/image.qed`];
  const compare = ["compare", "-f", "qed", "-F", "raw", `${dir}/image.qed`, `${dir}/expected.raw`];
  const [checked, compared] = await Promise.all([
    runTool("qemu-img", check),
    runTool("qemu-img", compare),
  ]);
  assertEquals(checked.code, 0, describeFailure("qemu-img", check, checked));
  assertEquals(compared.code, 0, describeFailure("qemu-img", compare, compared));
}

seededQemuTest("images written here pass qemu-img check and qemu-img compare", async (seed) => {
  await fc.assert(
    fc.asyncProperty(
      sessions,
      (session) => inTempDir((dir) => assertQemuAgrees(dir, play(dir, session))),
    ),
    { seed, numRuns: sized({ short: 30, long: 200 }), endOnFailure: false },
  );
});
