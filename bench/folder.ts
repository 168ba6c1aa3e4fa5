import * as fs from "node:fs";

const MEMORY_DIR = "/dev/shm";

/** A folder for the files of a measurement; disposing of it removes them. */
export interface BenchFolder extends Disposable {
  /** Its path. */
  readonly path: string;
  /** Where it is: a file system in memory, or the one for temporary files. */
  readonly place: "memory" | "disk";
}

/**
 * A new folder in memory if `neededBytes` fit there: then it is not the disk that is measured. Else
 * among the temporary files.
 */
export function benchFolder(neededBytes: number): BenchFolder {
  return hasRoom(neededBytes) ? newFolder("memory", { dir: MEMORY_DIR }) : diskFolder();
}

/** A new folder among the temporary files, which are on a disk as a rule. */
export function diskFolder(): BenchFolder {
  return newFolder("disk", {});
}

function newFolder(place: BenchFolder["place"], where: { readonly dir?: string }): BenchFolder {
  const path = Deno.makeTempDirSync({ prefix: "powercut_bench_", ...where });
  return { path, place, [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }) };
}

/** Room in the file system, and memory that nothing else uses. */
function hasRoom(neededBytes: number): boolean {
  try {
    const { bavail, bsize } = fs.statfsSync(MEMORY_DIR);
    return Math.min(bavail * bsize, Deno.systemMemoryInfo().available) > neededBytes;
  } catch {
    return false;
  }
}
