import type { UnitVersion } from "../model/unit_version.ts";
import type { WriteEvent } from "./disk_replay.ts";

/** Something that may be on disk in several versions. */
export interface PointUnit {
  /** The sector, block or issuing event. */
  readonly key: number;
  /** Its versions: the durable one, whole ones in the order of their events, then torn ones. */
  readonly versions: readonly UnitVersion[];
  /** How many of them are whole. */
  readonly wholeCount: number;
}

/** A unit that holds its durable version after a crash, or the version of any of these events. */
export function wholeUnit(key: number, events: readonly number[]): PointUnit {
  const versions = [-1, ...events].map((event) => ({ event }));
  return { key, versions, wholeCount: versions.length };
}

/** Where a tear shows: at groups of 8 bytes that differ, but for the first. */
export function placesToTear(older: Uint8Array, newer: Uint8Array): number[] {
  const different: number[] = [];
  for (let at = 0; at < older.length; at += 8) {
    const isSame = older.subarray(at, at + 8).every((byte, i) => byte === newer[at + i]);
    if (!isSame) different.push(at);
  }
  return different.slice(1);
}

/** The units of `unitBytes` bytes that a write touches. */
export function keysOf(write: WriteEvent, unitBytes: number): number[] {
  const keys: number[] = [];
  if (write.lengthBytes === 0) return keys;
  const end = write.offsetBytes + write.lengthBytes;
  for (let key = Math.floor(write.offsetBytes / unitBytes); key * unitBytes < end; key++) {
    keys.push(key);
  }
  return keys;
}
