import { didYouMean } from "../kit/nearest.ts";
import type { ParsedArgs } from "../kit/parsed_args.ts";
import { parseCount, parseSize } from "../kit/sizes.ts";
import { UsageError } from "../kit/usage_error.ts";

/** The keys of `-o`, and what they are. */
const KEYS = {
  backing_file: "file name of the backing file, as -b",
  backing_fmt: "format of the backing file, qed or raw, as -F",
  cluster_size: "bytes of a cluster: a power of two from 4k to 64M, 64k if not given",
  table_size: "clusters of an L1 or L2 table: a power of two from 1 to 16, 4 if not given",
  size: "size of the guest's disk, as the operand",
} as const;

type Key = keyof typeof KEYS;

/** The values of `-o` for a new image. */
export interface CreationOptions {
  readonly backingFile?: string;
  readonly backingFormat?: string;
  readonly clusterBytes?: number;
  readonly tableClusters?: number;
  readonly sizeBytes?: bigint;
}

/** The answer to `-o help`. */
export function creationOptionsHelp(): string {
  const rows = Object.entries(KEYS).map(([key, help]) => `  ${key.padEnd(12)}  ${help}\n`);
  return `Supported options:\n${rows.join("")}`;
}

/** Whether one of the `-o` asks for the list of keys. */
export function wantsCreationHelp(args: ParsedArgs): boolean {
  return args.values("options").some((text) => text === "help" || text === "?");
}

/**
 * Read all `-o` of a command line: `key=value,key=value`, a comma in a value written twice.
 * Throws {@linkcode UsageError} for unknown keys and values that are no sizes.
 */
export function parseCreationOptions(args: ParsedArgs): CreationOptions {
  const given = new Map<Key, string>();
  for (const text of args.values("options")) {
    for (const piece of text.split(/(?<!,),(?!,)/)) {
      const [key, value] = splitPiece(piece.replaceAll(",,", ","));
      given.set(key, value);
    }
  }
  const backingFile = given.get("backing_file");
  const backingFormat = given.get("backing_fmt");
  const clusterSize = given.get("cluster_size");
  const tableSize = given.get("table_size");
  const size = given.get("size");
  return {
    ...(backingFile !== undefined && { backingFile }),
    ...(backingFormat !== undefined && { backingFormat }),
    ...(clusterSize !== undefined && { clusterBytes: parseCount(clusterSize, "cluster_size") }),
    ...(tableSize !== undefined && { tableClusters: parseCount(tableSize, "table_size") }),
    ...(size !== undefined && { sizeBytes: parseSize(size, "size") }),
  };
}

/** The value of something that can be said in two ways, if they do not contradict each other. */
export function oneOf<T>(what: string, ...said: readonly (T | undefined)[]): T | undefined {
  const given = said.filter((value) => value !== undefined);
  if (given.some((value) => value !== given[0])) {
    throw new UsageError(`${what} cannot be given twice, as ${given.join(" and ")}`);
  }
  return given[0];
}

function splitPiece(piece: string): [Key, string] {
  const equals = piece.indexOf("=");
  const key = equals < 0 ? piece : piece.slice(0, equals);
  if (!isKey(key)) {
    const hint = didYouMean(key, Object.keys(KEYS)) || " ('-o help' lists the options)";
    throw new UsageError(`-o: unknown option '${key}'${hint}`);
  }
  const value = equals < 0 ? "" : piece.slice(equals + 1);
  if (value === "") throw new UsageError(`-o: '${key}' needs a value`);
  return [key, value];
}

function isKey(key: string): key is Key {
  return Object.hasOwn(KEYS, key);
}
