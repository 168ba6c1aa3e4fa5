/** Random backing chains read the same here as in QEMU, and both as the bytes they were made from. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { ImageChain } from "../../../lib/chain/mod.ts";
import { sized } from "../../../test_support/long.ts";
import { inTempDir } from "../../../test_support/temp_dir.ts";
import { runToolOk, seededQemuTest } from "../../../test_support/qemu.ts";
import { buildChain, type ChainPlan, chainPlans } from "./random_chains_testing.ts";

/** 500 of them, in about a minute: `POWERCUT_CHAINS=500`. */
const CHAIN_COUNT = Number(Deno.env.get("POWERCUT_CHAINS") ?? sized({ short: 12, long: 40 }));

async function readBoth(dir: string, plan: ChainPlan): Promise<void> {
  const top = buildChain(dir, plan).at(-1);
  if (!top) throw new Error("there is no chain");
  {
    using chain = ImageChain.open(top.path, { format: top.format });
    const bytes = new Uint8Array(Number(chain.guestBytes));
    chain.read(0n, bytes);
    assertEquals(bytes.length, top.view.length);
    assertEquals(firstDifference(bytes, top.view), undefined);
  }
  Deno.writeFileSync(`${dir}/expected`, top.view);
  const formats = ["-f", top.format, "-F", "raw"];
  const said = await runToolOk("qemu-img", ["compare", ...formats, top.path, `${dir}/expected`]);
  assertEquals(said, "Images are identical.\n");
}

/** An index says more than two arrays. */
function firstDifference(a: Uint8Array, b: Uint8Array): number | undefined {
  const index = a.findIndex((byte, i) => byte !== b[i]);
  return index < 0 ? undefined : index;
}

seededQemuTest("chains of up to ten files read the same here and in QEMU", async (seed) => {
  await fc.assert(
    fc.asyncProperty(chainPlans(10), (plan) => inTempDir((dir) => readBoth(dir, plan))),
    { seed, numRuns: CHAIN_COUNT },
  );
});
