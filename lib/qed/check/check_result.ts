/** The number of problems that a result lists at most; its counts have no limit. */
export const MAX_PROBLEMS = 100;

/** Something wrong with one table entry. */
export interface FormatProblem {
  /**
   * `invalid`: points outside the clusters of the file. `shared`: points at a cluster that
   * another entry refers to already. `unreadable`: the L2 table could not be read.
   */
  readonly kind: "invalid" | "shared" | "unreadable";
  /** The entry: `l1_table[3]` or `l2_table[3][17]`. */
  readonly entry: string;
  /** Where the entry is in the file, in bytes. */
  readonly entryOffsetBytes: number;
  /** What the entry holds. */
  readonly value: bigint;
}

/**
 * The findings of a check or a repair, counted as `qemu-img check` counts them.
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
  /** Errors that kept the check from looking. */
  checkErrors: number;
  /** Table entries that are invalid or refer to a cluster that another entry refers to. */
  corruptions: number;
  /** Clusters that nothing refers to. */
  leaks: number;
  /** Corruptions that the repair removed. */
  corruptionsFixed: number;
  /** Leaked clusters that the repair gave back. */
  leaksFixed: number;
  /** Clusters of the guest's disk. */
  totalClusters: number;
  /** Of these, how many are mapped to a place in the file. */
  allocatedClusters: number;
  /** Mapped clusters that do not follow the mapped cluster before them in the file. */
  fragmentedClusters: number;
  /** The end of the last cluster that is referred to, in bytes. */
  imageEndBytes: number;
  /** The first problems found, at most {@linkcode MAX_PROBLEMS}. */
  problems: FormatProblem[];
}
