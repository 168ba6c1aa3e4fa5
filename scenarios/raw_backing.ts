import { ImageChain } from "../lib/chain/mod.ts";
import { createImage, FileStorage, runSync } from "../lib/mod.ts";
import { runAsScript } from "./qed/run_as_script.ts";
import type { DemonstratedScenario } from "./qed/scenario.ts";
import { CLUSTER } from "./qed/sizes.ts";

const SECRET = "what only the host may read";
const IMAGE_BYTES = 2 ** 20;

/** Create a QED image at `path`. */
function create(path: string, backing?: { name: string; isRaw: boolean }): void {
  using file = FileStorage.open(path, "create");
  runSync(
    createImage({
      imageBytes: IMAGE_BYTES,
      clusterBytes: CLUSTER,
      tableClusters: 1,
      ...(backing && { backing }),
    }),
    [file],
  );
}

/**
 * A guest wrote a QED image to its raw disk, and the image names a file of the host as its backing
 * file. That disk is the base of a new image. Returns what a guest of the new image reads.
 */
function readThroughHostileBase(isRaw: boolean): { text: string; format: string } {
  const folder = Deno.makeTempDirSync();
  try {
    const secret = new Uint8Array(IMAGE_BYTES);
    secret.set(new TextEncoder().encode(SECRET));
    Deno.writeFileSync(`${folder}/secret`, secret);
    create(`${folder}/base.raw`, { name: "secret", isRaw: true });
    create(`${folder}/overlay.qed`, { name: "base.raw", isRaw });
    using chain = ImageChain.open(`${folder}/overlay.qed`, { format: "qed" });
    const into = new Uint8Array(SECRET.length);
    chain.read(0n, into);
    return { text: new TextDecoder().decode(into), format: chain.layers[1].format };
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** Claim 21. */
export const RAW_BACKING: DemonstratedScenario = {
  name: "raw-backing",
  claim: 21,
  mail: "Anthony Liguori, 7 September 2010 22:29; Christoph Hellwig, 7 September 21:35",
  statement: "The driver must not probe the format of a raw backing file.",
  demonstrations: [
    {
      name: "a guest wrote a QED header into a raw base that is marked as raw",
      run() {
        const { text, format } = readThroughHostileBase(true);
        return {
          holds: format === "raw" && text.startsWith("QED\0"),
          figures: [`opened as ${format}: a read gives the header's own bytes, "QED" first`],
        };
      },
    },
    {
      name: "the same base without the mark",
      run() {
        const { text, format } = readThroughHostileBase(false);
        return {
          holds: format === "qed" && text === SECRET,
          figures: [`probed as ${format}: a read gives "${text}"; this is why the mark exists`],
        };
      },
    },
  ],
};

if (import.meta.main) Deno.exitCode = await runAsScript(RAW_BACKING);
