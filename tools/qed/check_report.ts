import { type CheckResult, MAX_PROBLEMS } from "../../lib/qed/mod.ts";
import type { Json } from "../kit/json.ts";

/**
 * The object that `qemu-img check --output=json` prints, its keys in the same order: numbers that
 * are zero are left out, but for the check errors.
 */
export function checkJson(path: string, result: CheckResult): Json {
  const some = (count: number) => count === 0 ? undefined : count;
  return {
    "total-clusters": some(result.totalClusters),
    corruptions: some(result.corruptions),
    "corruptions-fixed": some(result.corruptionsFixed),
    "check-errors": result.checkErrors,
    leaks: some(result.leaks),
    "leaks-fixed": some(result.leaksFixed),
    "allocated-clusters": some(result.allocatedClusters),
    filename: path,
    format: "qed",
    "fragmented-clusters": some(result.fragmentedClusters),
  };
}

/** The text that `qemu-img check` prints after a repair, before it checks again. */
export function describeRepair(result: CheckResult): string {
  return "The following inconsistencies were found and repaired:\n\n" +
    `    ${result.leaksFixed} leaked clusters\n` +
    `    ${result.corruptionsFixed} corruptions\n\n` +
    "Double checking the fixed image now...\n";
}

/** The text that `qemu-img check` prints about its findings. */
export function describeCheck(result: CheckResult): string {
  const { corruptions, leaks, checkErrors, allocatedClusters: allocated } = result;
  const parts: string[] = [];
  if (corruptions + leaks + checkErrors === 0) parts.push("No errors were found on the image.\n");
  if (corruptions > 0) {
    parts.push(
      `\n${corruptions} errors were found on the image.\n` +
        "Data may be corrupted, or further writes to the image may corrupt it.\n",
    );
  }
  if (leaks > 0) {
    parts.push(
      `\n${leaks} leaked clusters were found on the image.\n` +
        "This means waste of disk space, but no harm to data.\n",
    );
  }
  if (checkErrors > 0) {
    parts.push(`\n${checkErrors} internal errors have occurred during the check.\n`);
  }
  if (result.totalClusters > 0 && allocated > 0) {
    const percent = (part: number, whole: number) => (100 * part / whole).toFixed(2);
    parts.push(
      `${allocated}/${result.totalClusters} = ` +
        `${percent(allocated, result.totalClusters)}% allocated, ` +
        `${percent(result.fragmentedClusters, allocated)}% fragmented, ` +
        "0.00% compressed clusters\n",
    );
  }
  return parts.join("");
}

/** One line for each problem: the entry, where it is, what it holds, what is wrong with it. */
export function describeProblems(result: CheckResult): string {
  const meanings = {
    invalid: "points outside the clusters of the file",
    shared: "points at a cluster that is referred to already",
    unreadable: "points at a table that cannot be read",
  };
  const lines = result.problems.map(({ kind, entry, entryOffsetBytes, value }) =>
    `${entry} at offset ${entryOffsetBytes} is 0x${value.toString(16)}: ${meanings[kind]}\n`
  );
  const left = result.corruptions + result.checkErrors - lines.length;
  if (lines.length === MAX_PROBLEMS && left > 0) lines.push(`... and ${left} more\n`);
  return lines.join("");
}
