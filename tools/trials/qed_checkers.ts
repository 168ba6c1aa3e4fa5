import { ImageChain } from "../../lib/chain/mod.ts";
import { checkImage as checkQed } from "../../lib/mod.ts";
import { checkImage } from "./qemu_img.ts";

/**
 * Compare our checker of QED with QEMU's on the same file. Returns both verdicts if they differ, undefined
 * if they agree.
 */
export async function compareCheckers(path: string): Promise<string | undefined> {
  const { corruptions, leaks, refusal } = await checkImage({ driver: "qed", path });
  const theirs = refusal === undefined ? inWords({ corruptions, leaks }) : "refuses";
  const ours = checkHere(path);
  return ours === theirs ? undefined : `QEMU's checker: ${theirs}; ours: ${ours}`;
}

function checkHere(path: string): string {
  try {
    using chain = ImageChain.open(path, { format: "qed", writable: false, skipRepair: true });
    return inWords(chain.run(checkQed(chain.image)));
  } catch {
    return "refuses";
  }
}

function inWords({ corruptions, leaks }: { corruptions: number; leaks: number }): string {
  return `${corruptions} corruptions, ${leaks} leaks`;
}
