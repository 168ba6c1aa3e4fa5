/** The number of problems that a result lists at most; its counts have no limit. */
export const MAX_PROBLEMS = 100;

/** A problem of one table entry. */
export interface FormatProblem {
  /**
   * `invalid`: points outside the clusters of the file. `shared`: points at a cluster that
   * another entry refers to already. `unreadable`: the L2 table could not be read.
   */
  readonly kind: "invalid" | "shared" | "unreadable";
  /** The entry: `l1_table[3]` or `l2_table[3][17]`. */
  readonly entry: string;
  /** The offset of the entry in the file, in bytes. */
  readonly entryOffsetBytes: number;
  /** The value of the entry. */
  readonly value: bigint;
}

/**
 * The result of a check or a repair, counted as `qemu-img check` counts.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type CheckResult, Image } from "@powercut/powercut";
 *
 * const folder = Deno.makeTempDirSync();
 * const path = `${folder}/disk.qed`;
 * await using image = await Image.create(path, { sizeBytes: 2 ** 30 });
 * const result: CheckResult = await image.check();
 * assertEquals([result.corruptions, result.leaks, result.totalClusters], [0, 0, 2 ** 14]);
 * Deno.removeSync(folder, { recursive: true });
 * ```
 */
export interface CheckResult {
  /** Errors that kept tables from being checked. */
  checkErrors: number;
  /** Table entries that are invalid or refer to a cluster that another entry refers to. */
  corruptions: number;
  /** Clusters of the file that no entry refers to. */
  leaks: number;
  /** Corruptions that the repair removed. */
  corruptionsFixed: number;
  /** Leaked clusters that the repair reclaimed. */
  leaksFixed: number;
  /** Clusters of the guest's disk. */
  totalClusters: number;
  /** Clusters of the guest's disk that are mapped to a cluster of the file. */
  allocatedClusters: number;
  /** Mapped clusters that do not follow the mapped cluster before them in the file. */
  fragmentedClusters: number;
  /** The end of the last used cluster of the file, in bytes. */
  imageEndBytes: number;
  /** The first problems found, at most {@linkcode MAX_PROBLEMS}. */
  problems: FormatProblem[];
}
