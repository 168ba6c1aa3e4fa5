/** `qed convert` and `qemu-img convert` take each other's images. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type BackingPlan, backingPlans, makeBacking } from "./backing_testing.ts";
import { checkWithQemu } from "./check_terms_testing.ts";
import { sized } from "../../../test_support/long.ts";
import { runToolOk, seededQemuTest } from "../../../test_support/qemu.ts";
import { type ImageShape, imageShapes } from "../../../test_support/random_images.ts";
import { inTempDir } from "../../../test_support/temp_dir.ts";
import { runQedOk } from "../run_testing.ts";

interface Plan {
  readonly shape: ImageShape;
  /** What is converted. */
  readonly source: BackingPlan;
  /** Who converts to QED; the other one converts back. */
  readonly writer: "here" | "qemu";
}

const plans: fc.Arbitrary<Plan> = fc.record({
  shape: imageShapes,
  // What a backing file is elsewhere is the source of a conversion here.
  source: backingPlans.map((plan) => ({
    ...plan,
    kind: plan.kind === "none" ? "raw" as const : plan.kind,
    oddBytes: 0,
  })),
  writer: fc.constantFrom("here", "qemu"),
});

async function roundTrip(dir: string, { shape, source, writer }: Plan): Promise<void> {
  const backing = makeBacking(dir, { plan: source, shape });
  if (!backing) throw new Error("there is no source");
  backing.disk.save(`${dir}/expected.raw`);
  const [from, qed, raw] = [backing.name, "to.qed", "to.raw"].map((name) => `${dir}/${name}`);

  const options = `cluster_size=${shape.clusterBytes},table_size=${shape.tableClusters}`;
  const toQed = ["convert", "-f", backing.format, "-O", "qed", "-o", options, from, qed];
  const toRaw = ["convert", "-f", "qed", "-O", "raw", qed, raw];
  if (writer === "here") {
    await runQedOk(...toQed);
    await runToolOk("qemu-img", toRaw);
  } else {
    await runToolOk("qemu-img", toQed);
    await runQedOk(...toRaw);
  }
  assertEquals((await checkWithQemu(qed)).code, 0);
  await runToolOk("qemu-img", ["compare", "-f", "raw", "-F", "raw", raw, `${dir}/expected.raw`]);
  assertEquals(Deno.statSync(raw).size, backing.disk.sizeBytes);
}

seededQemuTest("images converted here pass qemu-img, and the other way round", async (seed) => {
  await fc.assert(
    fc.asyncProperty(plans, (plan) => inTempDir((dir) => roundTrip(dir, plan))),
    { seed, numRuns: sized({ short: 6, long: 30 }) },
  );
});
