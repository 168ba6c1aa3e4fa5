/** A problem large enough to be cut into parts, for workers to set up. */
import type { Operation } from "../../lib/storage/mod.ts";
import { Recorder } from "../log/recorder.ts";
import { SECTORS } from "../model/presets.ts";
import type { Target } from "../target/target.ts";
import type { Problem } from "./problem.ts";

const SECTOR = 512;

/** What the problem is like. */
export interface ToyInput {
  /** How many sectors are open at once. */
  readonly sectors: number;
  /** A file: the first worker to come that finds it missing makes it, and dies. */
  readonly dyingFile?: string;
  /** Whether the target throws in the middle. */
  readonly throws?: boolean;
}

/** Every sector is written, and recovery looks at each; the guest's are the first two. */
export function problemOf(input: unknown): Problem {
  const { sectors, dyingFile, throws } = input as ToyInput;
  const recorder = new Recorder({ base: new Uint8Array(sectors * SECTOR) });
  recorder.run((function* (): Operation<void> {
    for (let sector = 0; sector < sectors; sector++) {
      const bytes = new Uint8Array(SECTOR).fill(1);
      yield { kind: "write", file: 0, offsetBytes: sector * SECTOR, bytes, label: "flag" };
    }
  })());
  const target = flags(sectors, () => {
    if (throws) throw new Error("a defect of the target");
    if (dyingFile !== undefined) dieOnce(dyingFile);
  });
  return { log: recorder.log, target, preset: SECTORS, options: { guestBytes: 0 } };
}

/** The last flag must not be set without all others. */
function flags(sectors: number, meanwhile: () => void): Target<number[]> {
  return {
    name: "flags",
    dataLabels: new Set(),
    allocationUnitBytes: SECTOR,
    otherFiles: [],
    postRecoveryWrites: [],
    beforeEachState() {},
    *recover() {
      const seen: number[] = [];
      for (let sector = 0; sector < sectors; sector++) {
        const into = new Uint8Array(SECTOR);
        yield { kind: "read", file: 0, offsetBytes: sector * SECTOR, into, label: "flag" };
        seen.push(into[0]);
        if (sector === 8) meanwhile();
      }
      return seen;
    },
    // deno-lint-ignore require-yield -- all was read already
    *inspect(seen) {
      const count = seen.reduce((sum, flag) => sum + flag, 0);
      const isLate = seen[sectors - 1] === 1 && count < sectors;
      return { problems: isLate ? [`${sectors - count} missing`] : [], leakedBytes: 0 };
    },
    *read() {},
    *write() {},
    refusal: () => undefined,
  };
}

/** Dies, as a worker does whose memory runs out: not by an error that anybody could catch. */
function dieOnce(file: string): void {
  const isWorker = typeof (globalThis as { close?: unknown }).close === "function" &&
    "WorkerGlobalScope" in globalThis;
  if (!isWorker) return;
  try {
    Deno.writeTextFileSync(file, "", { createNew: true });
  } catch {
    return;
  }
  queueMicrotask(() => {
    throw new Error("the worker dies");
  });
}
