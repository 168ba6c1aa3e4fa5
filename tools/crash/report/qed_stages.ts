import type { ByteSource, FileStages, ReportStages, StageRow } from "../../../harness/advanced.ts";

const HEADER_BYTES = 64;
const ENTRY_BYTES = 8;
/** Further rows are left out. */
const MAX_ROWS = 48;
/** A larger table is not decoded. */
const MAX_TABLE_BYTES = 2 ** 20;

/** The fields of a header that change, and how they are read: specification, "Header". */
const FIELDS = [
  { name: "features", offset: 16, words: featuresInWords },
  { name: "compat_features", offset: 24, words: (value: bigint) => `${value}` },
  { name: "autoclear_features", offset: 32, words: (value: bigint) => `${value}` },
  { name: "l1_table_offset", offset: 40, words: (value: bigint) => `${value}` },
  { name: "image_size", offset: 48, words: (value: bigint) => `${value}` },
] as const;

/** The places of table entries. */
interface Layout {
  readonly clusterBytes: number;
  readonly tableBytes: number;
  readonly l1Bytes: number;
}

/**
 * What the header and the tables of a QED file say at three moments: what is not the same at all of them,
 * or wrong. Reads them by itself: what our driver refuses is what one wants to see.
 */
export function qedStages(files: FileStages): ReportStages {
  const { left, after } = files;
  const layout = layoutOf(left);
  const values = [files.before, left, ...(typeof after === "string" ? [] : [after])].map((file) =>
    layout ? valuesOf(file, layout) : headerValues(file)
  );
  const wrong = layout ? wrongEntries(values[1], left.sizeBytes, layout) : new Map();
  const names = [...new Set(values.flatMap((each) => [...each.keys()]))];
  const rows = names.flatMap((name): StageRow[] => {
    const [was = "-", is = "-", later = "-"] = values.map((each) => each.get(name) ?? "-");
    const isSame = was === is && (values.length < 3 || is === later);
    const reason = wrong.get(name);
    if (isSame && reason === undefined) return [];
    return [{
      ...{ name, before: was, left: is, after: values.length < 3 ? "not opened" : later },
      ...(reason !== undefined && { wrong: reason }),
    }];
  });
  const omitted = rows.length - MAX_ROWS;
  const notes = [
    `File size after the crash: ${left.sizeBytes} bytes.`,
    ...(typeof after === "string" ? [`It can't be opened: ${after}.`] : []),
    ...(omitted > 0 ? [`${omitted} more entries are different.`] : []),
  ];
  return {
    title: "Header and tables",
    rows: rows.slice(0, MAX_ROWS),
    note: notes.join(" "),
  };
}

function layoutOf(file: ByteSource): Layout | undefined {
  const header = read(file, 0, HEADER_BYTES);
  const clusterBytes = header.getUint32(4, true);
  const tableBytes = header.getUint32(8, true) * clusterBytes;
  const l1Bytes = Number(header.getBigUint64(40, true));
  const isSane = clusterBytes > 0 && tableBytes > 0 && tableBytes <= MAX_TABLE_BYTES &&
    Number.isSafeInteger(l1Bytes);
  return isSane ? { clusterBytes, tableBytes, l1Bytes } : undefined;
}

function headerValues(file: ByteSource): Map<string, string> {
  const header = read(file, 0, HEADER_BYTES);
  return new Map(
    FIELDS.map(({ name, offset, words }) => [name, words(header.getBigUint64(offset, true))]),
  );
}

/** Everything that a file says: the header's fields, and each entry that is not zero. */
function valuesOf(file: ByteSource, { tableBytes, l1Bytes }: Layout): Map<string, string> {
  const values = headerValues(file);
  const entries = tableBytes / ENTRY_BYTES;
  const l1 = read(file, l1Bytes, tableBytes);
  for (let i = 0; i < entries; i++) {
    const offset = l1.getBigUint64(i * ENTRY_BYTES, true);
    if (offset === 0n) continue;
    values.set(`L1 entry ${i}`, `${offset}`);
    if (offset + BigInt(tableBytes) > BigInt(file.sizeBytes)) continue;
    const l2 = read(file, Number(offset), tableBytes);
    for (let j = 0; j < entries; j++) {
      const entry = l2.getBigUint64(j * ENTRY_BYTES, true);
      if (entry !== 0n) values.set(`L2 entry of guest cluster ${i * entries + j}`, `${entry}`);
    }
  }
  return values;
}

/** Entries that point past the end of the file, between clusters, or where another one points. */
function wrongEntries(
  values: ReadonlyMap<string, string>,
  sizeBytes: number,
  { clusterBytes }: Layout,
): Map<string, string> {
  const wrong = new Map<string, string>();
  const owners = new Map<string, string>();
  for (const [name, text] of values) {
    if (!name.startsWith("L") || text === "1") continue; // 1: a cluster of zeroes
    const offset = BigInt(text);
    const owner = owners.get(text);
    if (offset % BigInt(clusterBytes) !== 0n) wrong.set(name, "not at the start of a cluster");
    else if (offset >= BigInt(sizeBytes)) wrong.set(name, "past the end of the file");
    else if (owner !== undefined) wrong.set(name, `the same cluster as ${owner}`);
    owners.set(text, name);
  }
  return wrong;
}

function featuresInWords(value: bigint): string {
  const names = ["BACKING_FILE", "NEED_CHECK", "BACKING_FORMAT_NO_PROBE"];
  const set = names.filter((_, bit) => (value & (1n << BigInt(bit))) !== 0n);
  return set.length === 0 ? `${value}` : `${value} (${set.join(", ")})`;
}

function read(file: ByteSource, offsetBytes: number, lengthBytes: number): DataView {
  const bytes = new Uint8Array(lengthBytes);
  file.read(offsetBytes, bytes);
  return new DataView(bytes.buffer);
}
