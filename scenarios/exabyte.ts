import {
  checkImage,
  createImage,
  flushImage,
  ImageError,
  MemoryStorage,
  openImage,
  readImage,
  runSync,
  writeImage,
} from "../lib/mod.ts";
import { runAsScript } from "./qed/run_as_script.ts";
import type { DemonstratedScenario } from "./qed/scenario.ts";
import { patternBytes } from "./qed/pattern_bytes.ts";

const MIB = 2 ** 20;
const EXABYTE_BYTES = 2n ** 60n;

/** Create an image of an exabyte, write at both ends, read it back with a fresh open, check it. */
function writeBothEnds(): { readBack: boolean; corruptions: number; leaks: number; bytes: number } {
  const file = new MemoryStorage();
  const ends = [0n, EXABYTE_BYTES - 4096n];
  const pattern = patternBytes(1, 0, 4096);
  return runSync(
    (function* () {
      yield* createImage({ imageBytes: EXABYTE_BYTES, clusterBytes: MIB, tableClusters: 16 });
      const written = yield* openImage({ writable: true });
      for (const end of ends) yield* writeImage(written, end, pattern);
      yield* flushImage(written);
      const image = yield* openImage();
      let readBack = true;
      for (const end of ends) {
        const into = new Uint8Array(4096);
        yield* readImage(image, end, into);
        readBack &&= into.every((byte, i) => byte === pattern[i]);
      }
      const { corruptions, leaks } = yield* checkImage(image);
      return { readBack, corruptions, leaks, bytes: file.sizeBytes };
    })(),
    [file],
  );
}

/** Whether an image of this size is possible; writes no table. */
function isPossible(imageBytes: bigint, clusterBytes: number): boolean {
  try {
    // The first request comes after the sizes were checked.
    createImage({ imageBytes, clusterBytes, tableClusters: 16 }).next();
    return true;
  } catch (error) {
    if (error instanceof ImageError) return false;
    throw error;
  }
}

/** Claim 20. */
export const EXABYTE: DemonstratedScenario = {
  name: "exabyte",
  claim: 20,
  mail: "Anthony Liguori, 8 September 2010 19:19",
  statement:
    "An exabyte image is possible with cluster_size=1M and table_size=16; sizes from 2^30 to 2^64.",
  demonstrations: [
    {
      name: "an exabyte, written at both ends",
      run() {
        const { readBack, corruptions, leaks, bytes } = writeBothEnds();
        return {
          holds: readBack && corruptions === 0 && leaks === 0,
          figures: [
            `2^60 bytes in a file of ${bytes / MIB} MiB; read back: ${readBack}; ` +
            `${corruptions} corruptions, ${leaks} leaks`,
          ],
        };
      },
    },
    {
      name: "the range of sizes",
      run() {
        const from30to62 = Array.from({ length: 33 }, (_, i) => 2n ** BigInt(30 + i));
        const all = from30to62.every((size) => isPossible(size, MIB));
        const more = isPossible(2n ** 62n + 512n, MIB);
        const largest = isPossible(2n ** 63n - 512n, 4 * MIB);
        const tooLarge = isPossible(2n ** 64n, 4 * MIB);
        return {
          holds: all && !more && largest && !tooLarge,
          figures: [
            `cluster_size=1M, table_size=16: every power of two from 2^30 to 2^62 is possible: ` +
            `${all}; more than 2^62: ${more}, the L1 table ends there`,
            `cluster_size=4M: 2^63 - 512: ${largest}; 2^64: ${tooLarge}, ` +
            "sizes are signed 64-bit numbers wherever they are used",
          ],
        };
      },
    },
  ],
};

if (import.meta.main) Deno.exitCode = await runAsScript(EXABYTE);
