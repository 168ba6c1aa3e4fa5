/** An image that a crash left dirty: what opening it does is recorded and cut again. */
import { Recorder, type WriteLog } from "../harness/mod.ts";
import {
  closeImage,
  createImage,
  FEATURE,
  type Filter,
  flushImage,
  MemoryStorage,
  openImage,
  type Operation,
  type OrderingProfile,
  runSync,
  UNORDERED,
  writeImage,
} from "../lib/mod.ts";
import { CLUSTER, DISK, PER_L2_TABLE } from "./support/sizes.ts";
import { patternBytes } from "./support/workload.ts";

const FEATURES_OFFSET = 16;
const FIRST = patternBytes(1, 0, CLUSTER);
const SECOND = patternBytes(2, PER_L2_TABLE, CLUSTER);

/** Two clusters in two L2 tables, an entry past the end, an entry that is shared, NEED_CHECK. */
export function dirtyImage(): Uint8Array {
  const file = new MemoryStorage();
  runSync(
    (function* (): Operation<void> {
      yield* createImage({ imageBytes: DISK, clusterBytes: CLUSTER, tableClusters: 1 });
      const image = yield* openImage({ writable: true, profile: UNORDERED });
      yield* writeImage(image, 0, FIRST);
      yield* writeImage(image, PER_L2_TABLE, SECOND);
      yield* closeImage(image);
    })(),
    [file],
  );
  const bytes = file.toBytes();
  const view = new DataView(bytes.buffer);
  const entry = (tableBytes: number, index: number) =>
    Number(view.getBigUint64(tableBytes + 8 * index, true));
  const setEntry = (tableBytes: number, index: number, value: number) =>
    view.setBigUint64(tableBytes + 8 * index, BigInt(value), true);
  const tables = [entry(CLUSTER, 0), entry(CLUSTER, 1)];
  setEntry(tables[0], 3, bytes.length);
  setEntry(tables[1], 70, entry(tables[0], 0));
  view.setBigUint64(FEATURES_OFFSET, FEATURE.NEED_CHECK, true);
  return bytes;
}

/** What the guest may expect of {@linkcode dirtyImage}: the bad entries never held anything. */
function guestOfDirtyImage(): Uint8Array {
  const guest = new Uint8Array(PER_L2_TABLE + CLUSTER);
  guest.set(FIRST);
  guest.set(SECOND, PER_L2_TABLE);
  return guest;
}

/** Open the dirty image, which repairs it, write where the bad entries were, flush and close. */
export function recordDirty(
  options: { readonly profile: OrderingProfile; readonly filters?: readonly Filter[] },
): WriteLog {
  const { profile, filters } = options;
  const recorder = new Recorder({
    base: dirtyImage(),
    guestBase: guestOfDirtyImage(),
    ...(filters && { filters }),
  });
  const image = recorder.run(openImage({ writable: true, profile }));
  [3 * CLUSTER, PER_L2_TABLE + 70 * CLUSTER].forEach((offsetBytes, i) => {
    const bytes = patternBytes(100 + i, offsetBytes, 512);
    recorder.guestWrite(offsetBytes, bytes, writeImage(image, offsetBytes, bytes));
  });
  recorder.guestFlush(flushImage(image));
  recorder.run(closeImage(image));
  return recorder.log;
}
