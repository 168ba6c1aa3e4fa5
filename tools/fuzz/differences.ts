/**
 * The differences between QEMU and this library that are known: each has a row in
 * docs/differences-from-qemu.md, and a condition on the image that is narrow enough to leave any
 * other disagreement standing.
 *
 * @module
 */
import type { FormatError, QedImage } from "../../lib/qed/mod.ts";
import { type LayerFacts, tryOpen } from "./layers.ts";
import type { SparseFile } from "../../lib/storage/sparse_file.ts";
import { frameOf, surveyTables, usedEntries } from "./table_survey.ts";
import type { CommandName, Verdict } from "./verdicts.ts";

/** Two verdicts that are not the same. */
export interface Disagreement {
  /** The command that they are of. */
  readonly command: CommandName;
  /** Ours. */
  readonly ours: Verdict;
  /** QEMU's. */
  readonly theirs: Verdict;
  /** The images of the case. */
  readonly layers: readonly LayerFacts[];
}

/** A difference that is known. */
export interface KnownDifference {
  /** A short name, for the counts. */
  readonly name: string;
  /** Words of its row or heading in docs/differences-from-qemu.md. */
  readonly row: string;
  /** Whether it explains a disagreement. */
  readonly explains: (two: Disagreement) => boolean;
}

const MAX_QEMU_IMAGE_BYTES = (1n << 63n) - (1n << 30n);

/** One that opens here and is refused by QEMU, if some layer `has` the reason. */
function opensHere(name: string, row: string, has: (layer: LayerFacts) => boolean) {
  return {
    name,
    row,
    explains: ({ theirs, layers }: Disagreement) =>
      isRefusal(theirs) && layers.some((layer) => layer.image !== undefined && has(layer)),
  };
}

/**
 * One that is refused here and opens in QEMU. `mend` makes of an image with that flaw one without;
 * several flaws may have to be mended until it opens here as well.
 */
interface Lenience {
  readonly name: string;
  readonly row: string;
  readonly field: RegExp;
  readonly value?: number;
  readonly mend: (file: SparseFile) => void;
}

const LENIENCES: readonly Lenience[] = [
  {
    name: "header_size 0",
    row: "`header_size = 0`",
    field: /^header_size$/,
    value: 0,
    mend: addHeaderCluster,
  },
  {
    name: "empty backing name",
    row: "the backing file bit without a name",
    field: /^backing_filename_size$/,
    value: 0,
    mend: forgetBacking,
  },
  {
    name: "backing name is no text",
    row: "a backing file name that is not UTF-8",
    field: /^backing file name$/,
    mend: forgetBacking,
  },
  {
    name: "L1 table cut",
    row: "a file cut to a byte less than the L1 table",
    field: /^l1_table_offset$/,
    mend: (file) => file.resize(Math.ceil(file.sizeBytes / 512) * 512),
  },
];

function opensThere(lenience: Lenience): KnownDifference {
  return {
    name: lenience.name,
    row: lenience.row,
    explains: ({ ours, layers }) =>
      isRefusal(ours) &&
      layers.some(({ file, error }) => isAbout(lenience, error) && isMended(file)),
  };
}

function isAbout({ field, value }: Lenience, error: FormatError | undefined): boolean {
  return error !== undefined && field.test(error.field) &&
    (value === undefined || Number(error.value) === value);
}

/** Whether an image opens as final once all that QEMU is lenient about is mended. */
function isMended(file: SparseFile): boolean {
  const copy = file.fork();
  for (const _ of LENIENCES) {
    const { image, error } = tryOpen(copy, "final");
    if (image) return true;
    const lenience = LENIENCES.find((one) => isAbout(one, error));
    if (!lenience) return false;
    lenience.mend(copy);
  }
  return tryOpen(copy, "final").image !== undefined;
}

/** A header of one cluster; an L1 table in its place, which size 0 allows, goes behind it. */
function addHeaderCluster(file: SparseFile): void {
  const header = new DataView(file.read(0, 64).buffer);
  header.setUint32(12, 1, true);
  if (header.getBigUint64(40, true) === 0n) {
    const clusterBytes = header.getUint32(4, true);
    const tableBytes = clusterBytes * header.getUint32(8, true);
    header.setBigUint64(40, BigInt(clusterBytes), true);
    file.resize(Math.max(file.sizeBytes, clusterBytes + tableBytes));
  }
  file.write(0, new Uint8Array(header.buffer));
}

function forgetBacking(file: SparseFile): void {
  file.write(16, Uint8Array.of(file.read(16, 1)[0] & ~1));
}

function isRefusal({ code, complaint }: Verdict): boolean {
  return code === 1 && complaint.includes("Could not open");
}

/** All of them. */
export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  opensHere(
    "rfc layout",
    "Images in the rfc layout",
    ({ image }) => image?.header.layout === "rfc",
  ),
  opensHere("table_size 1", "`table_size = 1`", ({ tableClusters }) => tableClusters === 1),
  opensHere("limit modulo 2^64", "QEMU computes the limit modulo 2^64", (layer) => {
    const { clusterBytes, tableClusters, imageBytes } = layer;
    const entries = BigInt(clusterBytes * tableClusters / 8);
    const most = entries * entries * BigInt(clusterBytes);
    return most >= 1n << 64n && imageBytes > BigInt.asUintN(64, most);
  }),
  opensHere("more than 2^63 - 2^30 bytes", "QEMU's block layer ends at 2^63 - 2^30", (layer) => {
    return layer.imageBytes > MAX_QEMU_IMAGE_BYTES;
  }),
  ...LENIENCES.map(opensThere),
  {
    name: "rfc here, final in QEMU",
    row: "Where QEMU is lenient it may take an rfc image for a final one",
    // Two different disks: nothing that is said of them can be compared.
    explains: ({ layers }) =>
      layers.some(({ file, image }) => image?.header.layout === "rfc" && isMended(file)),
  },
  {
    name: "leaks that are not there",
    row: "Leaks that are not there",
    explains: ({ command, theirs, layers: [image] }) =>
      command === "check" && countsAsQemu(image, theirs, false),
  },
  {
    name: "last cluster lacks up to 511 bytes",
    row: "The file's size is rounded up to 512 bytes, then down to a cluster",
    explains: ({ command, ours, theirs, layers }) =>
      command === "check"
        ? lacksPartOfSector(layers[0]) && countsAsQemu(layers[0], theirs, true)
        : command === "convert" && ours.code === 1 && theirs.code === 0 &&
          layers.some(lacksPartOfSector),
  },
  {
    name: "fragments among wrong entries",
    row: "Fragments are counted otherwise among entries past 2^53",
    explains: ({ command, ours, theirs, layers: [image] }) =>
      command === "check" && isAllBut("fragmented-clusters", ours, theirs) && hasHugeEntry(image),
  },
  {
    name: "past the end behind a good cluster",
    row: "Clusters past the end of the file are used behind a good one",
    explains: ({ command, ours, theirs, layers }) =>
      command === "convert" && ours.code === 1 && theirs.code === 0 &&
      layers.some(continuesPastEnd),
  },
];

/** The difference that explains a disagreement, if a known one does. */
export function explain(two: Disagreement): KnownDifference | undefined {
  return KNOWN_DIFFERENCES.find((known) => known.explains(two));
}

/** The file with its size rounded up to a sector, as QEMU sees it. */
function roundedUp(file: SparseFile): SparseFile {
  const copy = file.fork();
  copy.resize(Math.ceil(file.sizeBytes / 512) * 512);
  return copy;
}

/** Whether the last cluster of an image is whole once the size is rounded up to a sector. */
function lacksPartOfSector({ file, image }: LayerFacts): boolean {
  if (!image) return false;
  return tryOpen(roundedUp(file)).image?.endBytes !== image.endBytes;
}

/**
 * Whether QEMU counted what is there if the file's size is taken as QEMU takes it, and one leak for
 * every `cluster_size - 1` clusters of it more. False where the two make no difference.
 */
function countsAsQemu({ file }: LayerFacts, theirs: Verdict, isRoundedUp: boolean): boolean {
  const seen = isRoundedUp ? roundedUp(file) : file;
  const { image } = tryOpen(seen);
  if (!image) return false;
  const { clusterBytes } = image.geometry;
  const { corruptions, leaks } = surveyTables(seen, frameOf(seen, image.header.layout), "as-met");
  const phantoms = Math.floor(image.endBytes / clusterBytes / (clusterBytes - 1));
  if (phantoms === 0 && !isRoundedUp) return false;
  const counted = ["corruptions", "leaks"].map((key) => Number(theirs.facts[key] ?? 0));
  return counted.join() === [corruptions, leaks + phantoms].join();
}

/** Whether two verdicts differ in nothing but one number. */
function isAllBut(key: string, ours: Verdict, theirs: Verdict): boolean {
  const rest = ({ code, facts }: Verdict) =>
    JSON.stringify([code, Object.entries({ ...facts, [key]: "" }).sort()]);
  return rest(ours) === rest(theirs);
}

/** Whether there is an L2 entry that a number cannot hold. */
function hasHugeEntry({ file, image }: LayerFacts): boolean {
  return image !== undefined && l2Entries(file, image).some(({ value }) => value >= 1n << 53n);
}

/** The entries that are not zero of all L2 tables, each table behind the other. */
function l2Entries(file: SparseFile, image: QedImage) {
  const { tableBytes } = image.geometry;
  return usedEntries(file, image.l1.offsetBytes, tableBytes)
    .filter(({ value }) => value < BigInt(image.endBytes))
    .flatMap(({ value }) => usedEntries(file, Number(value), tableBytes));
}

/** Whether an L2 entry points past the end of the file and goes on where the one before it ends. */
function continuesPastEnd({ file, image }: LayerFacts): boolean {
  if (!image) return false;
  const { clusterBytes } = image.geometry;
  const end = BigInt(image.endBytes);
  return l2Entries(file, image).some(({ index, value }, i, entries) =>
    value >= end && i > 0 && entries[i - 1].index === index - 1 &&
    entries[i - 1].value + BigInt(clusterBytes) === value
  );
}
