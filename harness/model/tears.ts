import { type Contents, SECTOR_BYTES } from "./contents.ts";
import type { UnitVersion } from "./unit_version.ts";

/** A sector is torn at multiples of this many bytes: the size of a table entry. */
export const TEAR_BYTES = 8;

/** A version of a sector: its contents and the event that wrote it, -1 for the durable one. */
export interface TearableVersion {
  readonly content: number;
  readonly event: number;
}

/** A torn version of a sector. */
export interface TornVersion extends UnitVersion {
  /** The contents of the sector. */
  readonly content: number;
}

/**
 * The torn versions of a sector, given its versions in the order of their events: contents that are
 * no whole version, each once, as early as it is possible.
 */
export function tornVersions(
  versions: readonly TearableVersion[],
  contents: Contents,
): TornVersion[] {
  const whole = new Map<number, number>();
  for (const { content, event } of versions) if (!whole.has(content)) whole.set(content, event);
  const torn = new Map<number, TornVersion>();
  for (let newer = 1; newer < versions.length; newer++) {
    for (let older = 0; older < newer; older++) {
      for (const each of tearsOf(versions[older], versions[newer], contents)) {
        const isWhole = (whole.get(each.content) ?? Infinity) <= each.event;
        if (!isWhole && !torn.has(each.content)) torn.set(each.content, each);
      }
    }
  }
  return [...torn.values()];
}

/** In how many ways a sector can be torn between two contents so that it shows. */
export function countTears(a: number, b: number, contents: Contents): number {
  return 2 * Math.max(0, differences(a, b, contents).length - 1);
}

function* tearsOf(
  older: TearableVersion,
  newer: TearableVersion,
  contents: Contents,
): Generator<TornVersion> {
  const scratch = new Uint8Array(SECTOR_BYTES);
  for (const atBytes of differences(older.content, newer.content, contents).slice(1)) {
    for (const head of ["new", "old"] as const) {
      const [first, rest] = head === "new" ? [newer, older] : [older, newer];
      scratch.set(contents.bytesOf(rest.content));
      scratch.set(contents.bytesOf(first.content).subarray(0, atBytes));
      const tear = { oldEvent: older.event, atBytes, head };
      yield { content: contents.idOf(scratch), event: newer.event, tear };
    }
  }
}

/** Where the groups of 8 bytes start in which two contents differ. */
function differences(a: number, b: number, contents: Contents): number[] {
  if (a === b) return [];
  const left = contents.bytesOf(a);
  const right = contents.bytesOf(b);
  const starts: number[] = [];
  for (let at = 0; at < SECTOR_BYTES; at += TEAR_BYTES) {
    for (let i = at; i < at + TEAR_BYTES; i++) {
      if (left[i] === right[i]) continue;
      starts.push(at);
      break;
    }
  }
  return starts;
}
