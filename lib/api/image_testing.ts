/** Images in files for the tests of the API. */
import { inTempDir } from "../../test_support/temp_dir.ts";
import { Image } from "./image.ts";
import type { StartTimer } from "../storage/idle_timer.ts";

/** Bytes of a cluster in these tests. */
export const CLUSTER = 4096;
/** Bytes of the guest's disk in these tests: two L2 tables. */
export const DISK = 2 * 512 * CLUSTER;

/** Bytes that depend on `seed` and on their offset. */
export function pattern(seed: number, length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => 1 + (seed * 31 + i * 7 + (i >> 8)) % 255);
}

/** Run `body` with the path of an image of {@linkcode DISK} bytes that was closed cleanly. */
export async function withImage(
  format: "qed" | "raw",
  body: (path: string, dir: string) => Promise<void>,
): Promise<void> {
  await inTempDir(async (dir) => {
    const path = `${dir}/disk.${format}`;
    const made = format === "qed" ? { clusterBytes: CLUSTER, tableClusters: 1 } : {};
    await using _image = await Image.create(path, { format, sizeBytes: DISK, ...made });
    await _image.close();
    await body(path, dir);
  });
}

/** Leave the image dirty, like a crash of the program, with a cluster allocated at `offset`. */
export async function crashAfterWrite(path: string, offset: number): Promise<void> {
  using image = await Image.open(path, { writable: true, format: "qed" });
  await image.write(offset, pattern(9, 512));
}

/** Timers that a test fires. */
export class FakeTimers {
  readonly #running = new Map<() => void, number>();

  /** Start a timer. */
  readonly start: StartTimer = (go, delayMs) => {
    this.#running.set(go, delayMs);
    return () => void this.#running.delete(go);
  };

  /** The delays of the running timers. */
  get delays(): number[] {
    return [...this.#running.values()];
  }

  /** Fire all running timers. */
  go(): void {
    const due = [...this.#running.keys()];
    this.#running.clear();
    for (const go of due) go();
  }
}
