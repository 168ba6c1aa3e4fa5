import { addBacking, IMAGE_NAME } from "./chains.ts";
import { type Draft, draftImage } from "./draft.ts";
import type { Edit, FilePlan, FuzzCase, Step } from "./fuzz_case.ts";
import { MUTATIONS } from "./mutations.ts";
import { Random } from "../../lib/storage/random.ts";

/** A case of the corpus. */
export interface CorpusCase {
  /** The name of its file, without the ending. */
  readonly name: string;
  /** The case. */
  readonly one: FuzzCase;
}

/** The source of cases. */
export interface CaseSource {
  /** The seed; any text. */
  readonly seed: string;
  /** Cases that some of the new ones start from. */
  readonly corpus: readonly CorpusCase[];
}

/**
 * Case number `caseNumber` of a seed. It depends on these two and on the corpus, and on nothing
 * else: not on the cases before it, nor on time.
 */
export function makeCase(source: CaseSource, caseNumber: number): FuzzCase {
  const random = new Random(source.seed, caseNumber);
  if (source.corpus.length > 0 && random.oneIn(5)) {
    return varyCase(random.pick(source.corpus), random);
  }
  const draft = draftImage(random);
  const backingFiles = random.oneIn(4) ? addBacking(draft, random) : [];
  mutate(draft, random);
  const files: FilePlan[] = [{ name: IMAGE_NAME, edits: draft.edits }, ...backingFiles];
  return { about: `case ${caseNumber}`, files, steps: makeSteps(draft.imageBytes, random) };
}

/** A valid image with random damage to its tables and its size, none to the header's fields. */
export function makeDamagedCase(seed: string, caseNumber: number): FuzzCase {
  const random = new Random(seed, "damage", caseNumber);
  const draft = draftImage(random, { forQemu: true });
  const damages = MUTATIONS.filter(([, { name }]) => !["mutateField", "swapLayout"].includes(name));
  for (let i = random.between(1, 6); i > 0; i--) random.weighted(damages)(draft, random);
  const files: FilePlan[] = [{ name: IMAGE_NAME, edits: draft.edits }];
  return { about: `damaged image ${caseNumber}`, files, steps: [] };
}

function mutate(draft: Draft, random: Random): void {
  const count = random.weighted([[1, 0], [5, 1], [4, 2], [3, 3], [2, 6], [1, 12]]);
  for (let i = 0; i < count; i++) random.weighted(MUTATIONS)(draft, random);
}

/** A case of the corpus with mutations on top: of its bytes, since its structure is not known. */
function varyCase({ name, one }: CorpusCase, random: Random): FuzzCase {
  const fileIndex = random.oneIn(4) ? random.below(one.files.length) : 0;
  const extra: Edit[] = [];
  const draft: Draft = { ...draftImage(random), edits: extra };
  const count = random.between(1, 3);
  for (let i = 0; i < count; i++) random.weighted(MUTATIONS)(draft, random);
  const files = one.files.map((file, i) =>
    i === fileIndex ? { ...file, edits: [...file.edits, ...extra] } : file
  );
  const steps = random.oneIn(2) ? one.steps : makeSteps(draft.imageBytes, random);
  return { about: `corpus ${name}, varied`, files, steps };
}

/** The steps of a guest: mostly small ones near the start, at edges, and past the end. */
function makeSteps(imageBytes: bigint, random: Random): Step[] {
  return Array.from({ length: random.below(7) }, () => makeStep(imageBytes, random));
}

function makeStep(imageBytes: bigint, random: Random): Step {
  const kind = random.weighted<Step["kind"]>([
    [4, "write"],
    [2, "read"],
    [2, "zero"],
    [2, "discard"],
    [1, "resize"],
    [1, "flush"],
    [1, "defragment"],
    [1, "upgrade"],
    [1, "populate"],
    [1, "empty"],
  ]);
  if (["flush", "defragment", "upgrade", "empty"].includes(kind)) return { kind } as Step;
  if (kind === "resize") {
    const change = BigInt(random.between(-64, 256) * 512);
    const wanted = random.weighted([
      [4, imageBytes + change],
      [1, 0n],
      [1, 1n << BigInt(random.below(64))],
      [1, imageBytes * 2n + 512n],
    ]);
    const atLeast = wanted < 0n ? 0n : wanted;
    return { kind, imageBytes: `${atLeast}`, shrink: random.oneIn(2) };
  }
  const lengthBytes = random.pick([1, 511, 512, 4096, 5000, 8192, 65536, random.between(1, 20000)]);
  const offset = `${stepOffset(imageBytes, lengthBytes, random)}`;
  const range = { offset, lengthBytes };
  const step = { kind, ...range } as Step;
  return step.kind === "write" ? { ...step, value: random.between(1, 255) } : step;
}

function stepOffset(imageBytes: bigint, lengthBytes: number, random: Random): bigint {
  const last = imageBytes - BigInt(lengthBytes);
  const place = random.weighted([
    [6, BigInt(random.below(20) * random.pick([512, 4096, 4096, 1000]))],
    [3, last],
    [1, last + 1n],
    [2, imageBytes * BigInt(random.below(1000)) / 1000n],
  ]);
  return place < 0n ? 0n : place;
}
