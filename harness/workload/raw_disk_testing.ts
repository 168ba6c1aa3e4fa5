import { Recorder } from "../log/recorder.ts";
import type { Step, Subject } from "../target/subject.ts";
import type { Target } from "../target/target.ts";
import type { Operation } from "../../lib/storage/mod.ts";

/** A refusal of the raw disk. */
export class RefusedError extends Error {}

const BYTES = 1536;

/** A raw disk as a target: the guest's disk is the file. */
export const RAW_TARGET: Target<void> = {
  name: "raw disk",
  dataLabels: new Set(["data"]),
  allocationUnitBytes: 512,
  otherFiles: [],
  postRecoveryWrites: [],
  beforeEachState() {},
  *recover() {},
  // deno-lint-ignore require-yield
  *inspect() {
    return { problems: [], leakedBytes: 0 };
  },
  *read(_, offsetBytes, into) {
    yield { kind: "read", file: 0, offsetBytes, into, label: "data" };
  },
  *write(_, offsetBytes, bytes) {
    yield { kind: "write", file: 0, offsetBytes, bytes, label: "data" };
  },
  refusal: () => undefined,
};

/** How the raw disk is wrong. */
export interface RawDiskBugs {
  /** Flushes are acknowledged, and nothing is flushed. */
  readonly swallowsFlushes?: boolean;
  /** Thrown instead of a write that is longer than a sector. */
  readonly throws?: Error;
}

/** A raw disk of three sectors as a subject: the guest's disk is the file. */
export function rawDisk({ swallowsFlushes, throws }: RawDiskBugs = {}): Subject {
  return {
    name: "raw disk",
    record(steps: readonly Step[]) {
      const recorder = new Recorder({ base: new Uint8Array(BYTES) });
      const stepStarts: number[] = [];
      steps.forEach((step, i) => {
        stepStarts.push(recorder.eventCount);
        if (step.kind === "flush") {
          recorder.guestFlush((function* (): Operation<void> {
            if (!swallowsFlushes) yield { kind: "flush", file: 0, scope: "data", label: "guest" };
          })());
        }
        if (step.kind !== "write") return;
        if (throws && step.lengthBytes > 512) throw throws;
        const bytes = new Uint8Array(step.lengthBytes).fill(i + 1);
        const write = RAW_TARGET.write(undefined, step.offsetBytes, bytes);
        recorder.guestWrite(step.offsetBytes, bytes, write);
      });
      return { log: recorder.log, target: RAW_TARGET, guestBytes: BYTES, stepStarts };
    },
    refusal: (error) =>
      error instanceof RefusedError
        ? { subject: "too long", detail: `refused: ${error.message}` }
        : undefined,
  };
}
