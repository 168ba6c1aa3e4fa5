/** Images in which clusters were freed, used again and copied, as QEMU sees them. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  closeImage,
  discardImage,
  flushImage,
  type OrderingProfile,
  populateImage,
  runSync,
  settleImage,
  STRICT,
  writeImage,
  writeZeroes,
} from "../../../lib/mod.ts";
import { GuestModel } from "../../../lib/qed/io/guest_model.ts";
import { sized } from "../../../test_support/long.ts";
import { inTempDir } from "../../../test_support/temp_dir.ts";
import {
  type Backing,
  type BackingPlan,
  backingPlans,
  makeBacking,
  newImage,
  OpenedImage,
} from "./backing_testing.ts";
import { describeFailure, runTool, seededQemuTest } from "../../../test_support/qemu.ts";
import {
  type ImageShape,
  patternBytes,
  rangeOn,
  type RangePick,
  rangePicks,
} from "../../../test_support/random_images.ts";

const EAGER: OrderingProfile = { ...STRICT, name: "strict, eager", reuseBatchClusters: 1 };
/** Sessions for each seed. */
const RUNS = sized({ short: 10, long: 40 });

const shapes: fc.Arbitrary<ImageShape> = fc.record({
  clusterBytes: fc.constantFrom(4096, 4096, 16384, 65536),
  tableClusters: fc.constantFrom(2, 4),
  sectors: fc.integer({ min: 1, max: 2 ** 14 }),
}).map(({ sectors, ...sizes }) => ({ ...sizes, imageBytes: sectors * 512 }));

type Kind = "write" | "zero" | "discard" | "populate" | "flush" | "settle" | "reopen" | "killed";

interface Step {
  readonly kind: Kind;
  readonly pick: RangePick;
  readonly value: number;
}

const STEP: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom<Kind[]>(
    ...["write", "write", "write", "write", "zero", "zero", "discard", "discard"] as const,
    ...["discard", "populate", "flush", "settle", "reopen", "killed"] as const,
  ),
  pick: rangePicks(["byte", "sector", "cluster", "cluster"]),
  value: fc.nat(255),
});

interface Session {
  readonly shape: ImageShape;
  readonly backing: BackingPlan;
  readonly profile: OrderingProfile;
  readonly steps: readonly Step[];
}

const SESSION: fc.Arbitrary<Session> = fc.record({
  shape: shapes,
  backing: backingPlans,
  profile: fc.constantFrom(STRICT, EAGER, EAGER),
  steps: fc.array(STEP, { minLength: 1, maxLength: 30 }),
});

/** Play a session on an image in directory `dir`. Answers what the guest then sees. */
function play(dir: string, session: Session): Uint8Array {
  const { shape, profile } = session;
  const backing = makeBacking(dir, { plan: session.backing, shape });
  newImage(`${dir}/image.qed`, { shape, backing });
  const disk = new GuestModel({
    ...shape,
    backing: backing?.disk.read(0, backing.disk.sizeBytes),
    hasZeroClusters: true,
  });
  let opened = open(dir, profile, backing);
  try {
    for (const step of session.steps) {
      if (step.kind === "reopen" || step.kind === "killed") {
        if (step.kind === "reopen") runSync(closeImage(opened.image), opened.files);
        opened[Symbol.dispose]();
        opened = open(dir, profile, backing);
      } else perform(opened, { disk, shape, step });
    }
    runSync(closeImage(opened.image), opened.files);
  } finally {
    opened[Symbol.dispose]();
  }
  return disk.bytes;
}

function open(dir: string, profile: OrderingProfile, backing: Backing | undefined): OpenedImage {
  return new OpenedImage(dir, { profile, backing, name: "image.qed", writable: true });
}

function perform(
  { image, files }: OpenedImage,
  { disk, shape, step }: {
    readonly disk: GuestModel;
    readonly shape: ImageShape;
    readonly step: Step;
  },
): void {
  const { offsetBytes, lengthBytes } = rangeOn(shape, step.pick);
  if (step.kind === "write") {
    const bytes = patternBytes(step.value, lengthBytes);
    disk.write(offsetBytes, bytes);
    runSync(writeImage(image, offsetBytes, bytes), files);
  } else if (step.kind === "zero") {
    disk.zero(offsetBytes, lengthBytes);
    runSync(writeZeroes(image, offsetBytes, lengthBytes), files);
  } else if (step.kind === "discard") {
    disk.discard(offsetBytes, lengthBytes);
    runSync(discardImage(image, offsetBytes, lengthBytes), files);
  } else if (step.kind === "populate") {
    disk.touch(offsetBytes, lengthBytes);
    runSync(populateImage(image, offsetBytes, lengthBytes), files);
  } else {
    runSync(step.kind === "flush" ? flushImage(image) : settleImage(image), files);
  }
}

async function assertQemuAgrees(dir: string, expected: Uint8Array): Promise<void> {
  Deno.writeFileSync(`${dir}/expected.raw`, expected);
  const check = ["check", "-f", "qed", `${dir}/image.qed`];
  const compare = ["compare", "-f", "qed", "-F", "raw", `${dir}/image.qed`, `${dir}/expected.raw`];
  const [checked, compared] = await Promise.all([
    runTool("qemu-img", check),
    runTool("qemu-img", compare),
  ]);
  // 3: leaks, nothing else; what was freed and not used again.
  const isSound = checked.code === 0 || checked.code === 3;
  assertEquals(isSound, true, describeFailure("qemu-img", check, checked));
  assertEquals(compared.code, 0, describeFailure("qemu-img", compare, compared));
}

seededQemuTest(
  "freed, reused and copied clusters pass qemu-img check and compare",
  async (seed) => {
    await fc.assert(
      fc.asyncProperty(
        SESSION,
        (session) => inTempDir((dir) => assertQemuAgrees(dir, play(dir, session))),
      ),
      { seed, numRuns: RUNS, endOnFailure: false },
    );
  },
);
