/** Which version of a unit reached the disk. */
export interface UnitVersion {
  /** The event that brought it (of two, the newer one); -1 for the durable version. */
  readonly event: number;
  /** Where it is torn, if it is. */
  readonly tear?: Tear;
}

/** Two versions in one sector. */
export interface Tear {
  /** The event of the older version; -1 for the durable one. */
  readonly oldEvent: number;
  /** Where in the sector one ends and the other begins, in bytes. */
  readonly atBytes: number;
  /** Which of them comes first. */
  readonly head: "new" | "old";
}

/** Whether two versions of a unit are the same. */
export function isSameVersion(a: UnitVersion, b: UnitVersion): boolean {
  return a.event === b.event && a.tear?.oldEvent === b.tear?.oldEvent &&
    a.tear?.atBytes === b.tear?.atBytes && a.tear?.head === b.tear?.head;
}
