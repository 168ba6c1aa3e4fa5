/**
 * The files of a case on the real file system, for programs that know of no other.
 *
 * A hostile image may name any file of this machine as its backing file, or a network server. What
 * a name asks for is checked before a program opens it: an image is opened together with its
 * backing files only if all of them lie in the case's own folder.
 *
 * @module
 */
import { hasQedMagic } from "../../lib/qed/mod.ts";
import { TempDir } from "../kit/temp_dir.ts";
import type { FuzzCase } from "./fuzz_case.ts";
import type { SparseFile } from "../../lib/storage/sparse_file.ts";

/** Larger files are not put on a disk: some file systems cannot hold them. */
const MAX_FILE_BYTES = 2 ** 36;

/** Where a case's backing chain leads. */
export type Reach = "inside" | "outside" | "loop";

/** Save the files of a case in a folder of their own. False if one of them is too large. */
export function saveCase(folder: string, one: FuzzCase, files: readonly SparseFile[]): boolean {
  if (files.some(({ sizeBytes }) => sizeBytes > MAX_FILE_BYTES)) return false;
  files.forEach((file, i) => file.save(`${folder}/${one.files[i].name}`));
  return true;
}

/** Make an empty folder for one case: in memory where the system has a place for that. */
export function makeFolder(): TempDir {
  return new TempDir({ prefix: "powercut_fuzz_", inMemory: true });
}

/**
 * Where opening the image with its backing files may lead. Stricter than any reader: whatever
 * could be meant for another folder, a protocol or a device counts as outside, in either layout.
 */
export function reachOf(one: FuzzCase, files: readonly SparseFile[]): Reach {
  const slots = new Map(one.files.map(({ name }, slot) => [name, slot]));
  const visited = new Set<number>();
  const visit = (slot: number): Reach => {
    if (visited.has(slot)) return "loop";
    visited.add(slot);
    const results = possibleNames(files[slot]).map((name): Reach => {
      if (/[/:]/.test(name) || /^\.*$/.test(name)) return "outside";
      const next = slots.get(name);
      return next === undefined ? "inside" : visit(next);
    });
    visited.delete(slot);
    return results.find((reach) => reach !== "inside") ?? "inside";
  };
  return visit(0);
}

/** Name fields of the two layouts: where offset and size are. */
const NAME_FIELDS = [56, 48];
const LONGEST_NAME_BYTES = 8192;

/** All names that a reader could find in a file as that of its backing file. */
function possibleNames(file: SparseFile): string[] {
  const header = file.read(0, 64);
  const fields = new DataView(header.buffer);
  if (!hasQedMagic(header) || (fields.getUint8(16) & 1) === 0) return [];
  return NAME_FIELDS.flatMap((at) => {
    const size = fields.getUint32(at + 4, true);
    // Nobody reads longer names; an empty one is none.
    if (size === 0 || size > LONGEST_NAME_BYTES) return [];
    const bytes = file.read(fields.getUint32(at, true), size);
    const end = bytes.indexOf(0);
    const names = [bytes, ...(end >= 0 ? [bytes.subarray(0, end)] : [])];
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    return names.filter(({ length }) => length > 0).map((name) => decoder.decode(name));
  });
}
