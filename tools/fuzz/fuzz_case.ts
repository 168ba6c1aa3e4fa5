/**
 * A case: the files that an image is made of, edit by edit, and what a guest does with it.
 *
 * Everything in it is a plain value, so a case that was saved means the same for ever, whatever
 * becomes of the generator; and leaving edits out gives a smaller case, which is how findings are
 * minimised.
 *
 * @module
 */
import { SparseFile } from "../../lib/storage/sparse_file.ts";

/** One change to a file; they are carried out in order. */
export type Edit =
  | {
    /** Sets the size of the file. */
    readonly kind: "size";
    /** The new size. */
    readonly sizeBytes: number;
    /** A description. */
    readonly what: string;
  }
  | {
    /** Stores bytes. */
    readonly kind: "bytes";
    /** Where, in bytes. */
    readonly at: number;
    /** What, in hexadecimal. */
    readonly hex: string;
    /** A description. */
    readonly what: string;
  }
  | {
    /** Stores one value many times. */
    readonly kind: "fill";
    /** Where, in bytes. */
    readonly at: number;
    /** The number of bytes. */
    readonly lengthBytes: number;
    /** The value, from 0 to 255. */
    readonly value: number;
    /** A description. */
    readonly what: string;
  };

/** A file of a case. */
export interface FilePlan {
  /** Its name; all files of a case are in one folder. */
  readonly name: string;
  /** Its parts. */
  readonly edits: readonly Edit[];
}

/** A step of a guest or its owner. Offsets and sizes are decimal, in bytes. */
export type Step =
  | {
    readonly kind: "read" | "zero" | "discard" | "populate";
    readonly offset: string;
    readonly lengthBytes: number;
  }
  | {
    readonly kind: "write";
    readonly offset: string;
    readonly lengthBytes: number;
    readonly value: number;
  }
  | { readonly kind: "resize"; readonly imageBytes: string; readonly shrink: boolean }
  | { readonly kind: "flush" | "defragment" | "upgrade" | "empty" };

/** A case. The first of its files is the image. */
export interface FuzzCase {
  /** A description. */
  readonly about: string;
  /** The image and its backing files. */
  readonly files: readonly FilePlan[];
  /** The steps on the image. */
  readonly steps: readonly Step[];
}

/** The case as text: JSON, an edit or a step a line. */
export function formatCase(one: FuzzCase): string {
  const lines = (values: readonly unknown[], indent: string) =>
    values.length === 0
      ? "[]"
      : `[\n${
        values.map((value) => `${indent}  ${JSON.stringify(value)}`).join(",\n")
      }\n${indent}]`;
  const files = one.files.map(({ name, edits }) =>
    `    {\n      "name": ${JSON.stringify(name)},\n      "edits": ${lines(edits, "      ")}\n    }`
  );
  return `{\n  "about": ${JSON.stringify(one.about)},\n  "files": [\n${files.join(",\n")}\n  ],\n` +
    `  "steps": ${lines(one.steps, "  ")}\n}\n`;
}

/** A case from its text. Throws a `SyntaxError` for anything that is no case. */
export function parseCase(text: string): FuzzCase {
  const value = JSON.parse(text) as FuzzCase;
  const isCase = typeof value?.about === "string" && Array.isArray(value.files) &&
    Array.isArray(value.steps) && value.files.length > 0 && value.files.every(isFilePlan);
  if (!isCase) throw new SyntaxError("this is no case: it needs about, files and steps");
  return value;
}

function isFilePlan({ name, edits }: FilePlan): boolean {
  const isName = typeof name === "string" && /^[^/\0]+$/.test(name) && !/^\.+$/.test(name);
  return isName && Array.isArray(edits) && edits.every(({ kind }) => kind in EDIT_KINDS);
}

const EDIT_KINDS = { size: true, bytes: true, fill: true } satisfies Record<Edit["kind"], true>;

/** The files that a case describes, in its order. */
export function buildFiles(one: FuzzCase): SparseFile[] {
  return one.files.map(({ edits }) => {
    const file = new SparseFile();
    for (const edit of edits) applyEdit(file, edit);
    return file;
  });
}

function applyEdit(file: SparseFile, edit: Edit): void {
  if (edit.kind === "size") file.resize(edit.sizeBytes);
  else if (edit.kind === "fill") file.fill(edit.at, edit.lengthBytes, edit.value);
  else {file.write(
      edit.at,
      Uint8Array.from(edit.hex.match(/../g) ?? [], (two) => parseInt(two, 16)),
    );}
}

/** An edit that stores a little-endian number of 4 or 8 bytes. */
export function numberEdit(
  at: number,
  value: bigint | number,
  byteCount: 4 | 8,
  what: string,
): Edit {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, BigInt(value)), true);
  return { kind: "bytes", at, hex: hexOf(bytes.subarray(0, byteCount)), what };
}

/** Bytes as hexadecimal digits. */
export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
