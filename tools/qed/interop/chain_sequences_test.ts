/**
 * Whatever is done to an image and what is behind it, in whatever order: its guest sees what an
 * array of bytes holds, and QEMU sees the same.
 */
import fc from "fast-check";
import { sized } from "../../../test_support/long.ts";
import { inTempDir } from "../../../test_support/temp_dir.ts";
import { ChainSession, type Sequence, sequences } from "./chain_session_testing.ts";
import { seededQemuTest } from "../../../test_support/qemu.ts";

/** Sequences for each seed; more of them with, say, `POWERCUT_CHAINS=200`. */
const RUNS = Number(Deno.env.get("POWERCUT_CHAINS") ?? sized({ short: 3, long: 8 }));

async function play(dir: string, sequence: Sequence): Promise<void> {
  using session = new ChainSession(dir, sequence);
  for (const action of sequence.actions) {
    await session.act(action);
    session.verify(action.kind);
  }
  await session.finish();
}

seededQemuTest("a chain is an array of bytes, whatever is done to it", async (seed) => {
  await fc.assert(
    fc.asyncProperty(sequences, (sequence) => inTempDir((dir) => play(dir, sequence))),
    { seed, numRuns: RUNS },
  );
});
