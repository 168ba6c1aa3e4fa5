import { type Draft, draftImage, nameBacking } from "./draft.ts";
import type { Edit, FilePlan } from "./fuzz_case.ts";
import { MUTATIONS } from "./mutations.ts";
import type { Random } from "../../lib/storage/random.ts";

/** The name of the image of a case. */
export const IMAGE_NAME = "image.qed";

/** Names that ask for something else than a file beside the image, or for nothing. */
const FOREIGN_NAMES: readonly string[] = [
  ...["/etc/hostname", "/dev/null", "../base.raw", "./base.raw", "sub/base.raw", "//base.raw"],
  ...[".", "..", "/", "file:", "file:base.raw", "file:///base.raw", "nbd://localhost/x"],
  ...["nbd:unix:/tmp/none", "http://localhost/x", "fat:.", "host_device:/dev/null", "a:b"],
  ...['json:{"driver":"null-co"}', "json:{", "image.qed:x", ":", "null-co://"],
];

/** Names of files that are there, and that need care all the same. */
const ODD_NAMES: readonly string[] = [
  ...["a b", "tab\there", "new\nline", 'quo"te', "per%20cent", "back\\slash", "-rf", "caf\u00e9"],
  ...["\u{1f4be}", "comma,driver=raw", "dollar$HOME", "x".repeat(200), "\ufeffbom", "e\u0301"],
];

/** Names that are no text, or no good one. */
const BAD_NAMES: readonly (readonly number[])[] = [
  ...[[0xff], [0x66, 0xff], [0xc3], [0xed, 0xa0, 0x80], [0x62, 0x00, 0x63], [0x00]],
  ...[[0xef, 0xbb, 0xbf, 0x61], [0x0a], [0x1b, 0x5b, 0x32, 0x4a]],
];

const encode = (text: string) => new TextEncoder().encode(text);

/** Give the image backing files, or names of some. Returns the backing files. */
export function addBacking(draft: Draft, random: Random): FilePlan[] {
  const at = random.oneIn(6)
    ? random.pick([65, 100, 512, draft.headerClusters * draft.clusterBytes - 8])
    : 64;
  const isRaw = random.oneIn(3);
  const name = (bytes: Uint8Array) => nameBacking(draft, bytes, { isRaw, at });
  const kind = random.weighted([
    [10, "chain"],
    [2, "foreign"],
    [1, "bad"],
    [2, "missing"],
    [1, "self"],
    [1, "long"],
    [2, "loop"],
  ]);
  switch (kind) {
    case "foreign":
      name(encode(random.pick(FOREIGN_NAMES)));
      return [];
    case "bad":
      name(Uint8Array.from(random.pick(BAD_NAMES)));
      return [];
    case "missing":
      name(encode("missing"));
      return [];
    case "self":
      name(encode(IMAGE_NAME));
      return [];
    case "long":
      name(encode("n".repeat(random.pick([255, 256, 1023, 1024, 4031]))));
      return [];
    case "loop":
      return makeChain(random, { name, isRaw: false, endsIn: IMAGE_NAME });
    default:
      return makeChain(random, { name, isRaw });
  }
}

interface ChainPlan {
  /** Puts the name of the first backing file into the image. */
  readonly name: (bytes: Uint8Array) => void;
  /** Whether the image says that it is raw. */
  readonly isRaw: boolean;
  /** The backing file that the last file names. */
  readonly endsIn?: string;
}

/** Some QED images, each the backing file of the one before it, and a raw file or a loop at the end. */
function makeChain(random: Random, plan: ChainPlan): FilePlan[] {
  const depth = random.weighted([[8, 0], [5, 1], [2, 2], [1, 6]]);
  const nameOf = (i: number) => i === 0 && random.oneIn(3) ? random.pick(ODD_NAMES) : `base${i}`;
  const names = Array.from({ length: depth + 1 }, (_, i) => nameOf(i));
  plan.name(encode(names[0]));
  const files: FilePlan[] = [];
  for (let i = 0; i < depth; i++) {
    const draft = draftImage(random);
    const isRaw = i + 1 === depth && random.oneIn(2);
    nameBacking(draft, encode(names[i + 1]), { isRaw });
    // Each layer may be hostile: one mutation now and then.
    if (random.oneIn(5)) random.weighted(MUTATIONS)(draft, random);
    files.push({ name: names[i], edits: draft.edits });
  }
  const last = names[depth];
  if (plan.endsIn === undefined) return [...files, { name: last, edits: rawEdits(random) }];
  const draft = draftImage(random);
  nameBacking(draft, encode(plan.endsIn), { isRaw: false });
  return [...files, { name: last, edits: draft.edits }];
}

function rawEdits(random: Random): Edit[] {
  const sizeBytes = random.pick([0, 1, 511, 512, 4096, 5000, 65536, 2 ** 20]);
  const edits: Edit[] = [{ kind: "size", sizeBytes, what: "raw file" }];
  for (let i = random.below(4); i > 0 && sizeBytes > 0; i--) {
    const at = random.below(sizeBytes);
    const lengthBytes = Math.min(sizeBytes - at, random.between(1, 8192));
    edits.push({ kind: "fill", at, lengthBytes, value: 0x40 + random.below(32), what: "data" });
  }
  return edits;
}
