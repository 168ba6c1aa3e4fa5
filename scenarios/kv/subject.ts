/** What the harness has to know of the store. Key k is sector k of the guest's disk. */
import { type DiskShape, Recorder, type Subject, type Target } from "@powercut/powercut/harness";
import {
  checkpoint,
  emptyFile,
  flush,
  get,
  KEYS,
  openStore,
  put,
  readGeneration,
  type Rules,
  SECTOR,
  type Store,
} from "./store.ts";

/** How a store recovers, and how it is checked, read and written. */
function targetFor(rules: Rules): Target<Store> {
  return {
    name: "key-value store",
    recover: () => openStore(rules),
    *inspect(store) {
      const generation = yield* readGeneration();
      const isKnown = generation === store.generation && store.records === 0;
      return { problems: isKnown ? [] : ["the log was not emptied"], leakedBytes: 0 };
    },
    *read(store, offsetBytes, into) {
      for (let at = 0; at < into.length; at += SECTOR) {
        yield* get(store, (offsetBytes + at) / SECTOR, into.subarray(at, at + SECTOR));
      }
    },
    *write(store, offsetBytes, bytes) {
      for (let at = 0; at < bytes.length; at += SECTOR) {
        yield* put(store, (offsetBytes + at) / SECTOR, bytes.subarray(at, at + SECTOR));
      }
    },
    refusal: () => undefined, // the store takes any file
    dataLabels: new Set(["table"]), // values: nothing depends on what they are
    postRecoveryWrites: [{ offsetBytes: 5 * SECTOR, lengthBytes: SECTOR }], // put after recovery
    allocationUnitBytes: SECTOR,
    otherFiles: [],
    beforeEachState() {},
  };
}

/** How a workload is run on a store. */
export function storeSubject(rules: Rules): Subject {
  return {
    name: "key-value store",
    record(steps) {
      const target = targetFor(rules);
      const recorder = new Recorder({ base: emptyFile() });
      let store = recorder.run(openStore(rules));
      const stepStarts = steps.map((step, i) => {
        const start = recorder.eventCount;
        if (step.kind === "write") {
          const { offsetBytes, lengthBytes } = step;
          const bytes = valuesOf(i, offsetBytes, lengthBytes);
          recorder.guestWrite(offsetBytes, bytes, target.write(store, offsetBytes, bytes));
        } else if (step.kind === "flush") {
          recorder.guestFlush(flush());
        } else if (step.kind === "reopen") {
          recorder.run(checkpoint(store)); // a clean end
          store = recorder.run(openStore(rules));
        }
        return start;
      });
      return { log: recorder.log, target: target, guestBytes: KEYS * SECTOR, stepStarts };
    },
  };
}

/** What step `i` writes: which step it was (a0, a1 ...), and which key it is for (b0, b1 ...). */
function valuesOf(i: number, offsetBytes: number, lengthBytes: number): Uint8Array {
  const key = (at: number) => Math.floor((offsetBytes + at) / SECTOR);
  return new Uint8Array(lengthBytes).map((_, at) => at % 2 === 0 ? 0xa0 + i : 0xb0 + key(at));
}

/** What generators of workloads have to know. */
export const STORE_SHAPE: DiskShape = {
  sizeBytes: KEYS * SECTOR,
  allocationUnitBytes: SECTOR,
  alignmentBytes: SECTOR,
  sizeStepBytes: SECTOR,
  written: [],
  kinds: new Set(["write", "flush", "reopen"]),
};
