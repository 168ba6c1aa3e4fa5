import type { ByteSource, DescribedWrite } from "../../harness/advanced.ts";
import { FEATURE, type Header, parseHeader } from "../../lib/mod.ts";

const HEADER_BYTES = 64;
const FEATURES_OFFSET = 16;
const ENTRY_BYTES = 8;

/** Describes a write to a QED file: the table entry that it changes, or whether it sets NEED_CHECK. */
export function describeQedWrite(write: DescribedWrite, before: ByteSource): string | undefined {
  switch (write.label) {
    case "header":
      return needCheckText(write, before);
    case "l1-table": {
      const header = headerOf(before);
      if (!header) return undefined;
      const first = (write.offsetBytes - header.l1TableOffsetBytes) / ENTRY_BYTES;
      const entries = changedEntries(write, before).map((entry) => first + entry);
      return numbered(entries, "L1 entry", "L1 entries");
    }
    case "l2-table":
      return l2Text(write, before);
    case "new-l2-table":
      return `the new L2 table at ${write.offsetBytes}`;
    default:
      return undefined;
  }
}

function needCheckText(
  { offsetBytes, bytes }: DescribedWrite,
  before: ByteSource,
): string | undefined {
  const at = FEATURES_OFFSET - offsetBytes;
  if (at < 0 || at >= bytes.length) return undefined;
  const old = new Uint8Array(1);
  before.read(FEATURES_OFFSET, old);
  const isSet = (byte: number) => (byte & Number(FEATURE.NEED_CHECK)) !== 0;
  if (isSet(old[0]) === isSet(bytes[at])) return undefined;
  return isSet(bytes[at]) ? "NEED_CHECK set" : "NEED_CHECK cleared";
}

/** The guest clusters of the entries, from the L1 entry that refers to their table. */
function l2Text(write: DescribedWrite, before: ByteSource): string | undefined {
  const header = headerOf(before);
  if (!header) return undefined;
  const { tableEntries, tableBytes } = header.geometry;
  const l1 = new Uint8Array(tableBytes);
  before.read(header.l1TableOffsetBytes, l1);
  const view = new DataView(l1.buffer);
  for (let i = 0; i < tableEntries; i++) {
    const start = Number(view.getBigUint64(i * ENTRY_BYTES, true));
    const inTable = write.offsetBytes - start;
    if (start === 0 || inTable < 0 || inTable >= tableBytes) continue;
    const first = i * tableEntries + inTable / ENTRY_BYTES;
    const clusters = changedEntries(write, before).map((entry) => first + entry);
    return numbered(clusters, "L2 entry of guest cluster", "L2 entries of guest clusters");
  }
  return undefined;
}

function headerOf(file: ByteSource): Header | undefined {
  const bytes = new Uint8Array(HEADER_BYTES);
  file.read(0, bytes);
  try {
    return parseHeader(bytes, { fileBytes: file.sizeBytes });
  } catch {
    // A mutant has corrupted it, so its tables cannot be described.
    return undefined;
  }
}

/** The written entries that differ from the old ones. */
function changedEntries({ offsetBytes, bytes }: DescribedWrite, before: ByteSource): number[] {
  const old = new Uint8Array(bytes.length);
  before.read(offsetBytes, old);
  const changed: number[] = [];
  for (let at = 0; at < bytes.length; at += ENTRY_BYTES) {
    const isSame = old.subarray(at, at + ENTRY_BYTES).every((byte, i) => byte === bytes[at + i]);
    if (!isSame) changed.push(at / ENTRY_BYTES);
  }
  return changed;
}

function numbered(numbers: readonly number[], one: string, many: string): string | undefined {
  if (numbers.length === 0) return undefined;
  if (numbers.length === 1) return `${one} ${numbers[0]}`;
  const isRun = numbers.every((number, i) => number === numbers[0] + i);
  const list = isRun && numbers.length > 2 ? `${numbers[0]} to ${numbers.at(-1)}` : numbers.join();
  return `${many} ${list.replaceAll(",", ", ")}`;
}
