/**
 * Bugs, one for each oracle: an implementation that has it must be found out.
 *
 * @module
 */
import { Table } from "../../lib/qed/format/table.ts";
import { type Implementation, OURS } from "./implementation.ts";

/** A wrong implementation, and the rule that it breaks. */
export interface InjectedBug {
  /** What is wrong. */
  readonly name: string;
  /** How the rule of the finding ends. */
  readonly rule: string;
  /** The implementation. */
  readonly here: Implementation;
}

function bug(name: string, rule: string, wrong: Partial<Implementation>): InjectedBug {
  return { name, rule, here: { ...OURS, ...wrong } };
}

/** All of them. */
export const INJECTED_BUGS: readonly InjectedBug[] = [
  bug("a checker that misses shared clusters", "check counts", {
    *check(image, progress) {
      const result = yield* OURS.check(image, progress);
      result.corruptions -= result.problems.filter(({ kind }) => kind === "shared").length;
      return result;
    },
  }),
  bug("a checker that finds no leaks", "check counts", {
    *check(image, progress) {
      return { ...yield* OURS.check(image, progress), leaks: 0 };
    },
  }),
  bug("an open that never ends", "bound: requests", {
    *open() {
      while (true) yield { kind: "size", file: 0 };
    },
  }),
  bug("an allocation that a header field asks for", "bound: memory", {
    *open(options) {
      const image = yield* OURS.open(options);
      image.buffers.take(Number(image.imageBytes % 2n ** 31n) + 2 ** 20);
      return image;
    },
  }),
  bug("a read as long as a header field says", "bound: memory", {
    *open(options) {
      const image = yield* OURS.open(options);
      const into = new Uint8Array(2 ** 22);
      yield { kind: "read", file: image.file, offsetBytes: 0, into, label: "all of it" };
      return image;
    },
  }),
  bug("a check that writes", "bound: changes", {
    *check(image, progress) {
      const bytes = new Uint8Array(1);
      yield { kind: "write", file: image.file, offsetBytes: 0, bytes, label: "oops" };
      return yield* OURS.check(image, progress);
    },
  }),
  bug("an open that writes before it refuses", "refused image changed", {
    *open(options = {}) {
      const bytes = new Uint8Array(1);
      if (options.writable) {
        yield { kind: "write", file: 0, offsetBytes: 0, bytes, label: "oops" };
      }
      return yield* OURS.open(options);
    },
  }),
  bug("an error without type", "unexpected TypeError", {
    *open(options) {
      const image = yield* OURS.open(options);
      if (image.l1.nextUsed(0) < 1) throw new TypeError("undefined is not a function");
      return image;
    },
  }),
  bug("a map that skips a byte", "map has a gap", {
    *nextExtent(image, startBytes) {
      const extent = yield* OURS.nextExtent(image, startBytes);
      return extent && { ...extent, startBytes: extent.startBytes + 1n };
    },
  }),
  bug("a map that a wrong entry further on keeps from beginning", "map refuses a good place", {
    *nextExtent(image, startBytes) {
      const extent = yield* OURS.nextExtent(image, startBytes);
      if (extent) yield* OURS.nextExtent(image, startBytes + extent.lengthBytes);
      return extent;
    },
  }),
  bug("a read that takes the wrong byte", "read from elsewhere", {
    *read(image, offset, into) {
      yield* OURS.read(image, offset, into);
      if (into.length > 0 && into[0] > 0) into[0]++;
    },
  }),
  bug("a repair that drops a good cluster", "data lost or misplaced", {
    *repair(image, options) {
      const result = yield* OURS.repair(image, options);
      const index = image.l1.nextUsed(0);
      if (index === image.geometry.tableEntries) return result;
      const tableAt = image.l1.entry(index);
      const table = new Table(image.buffers.take(image.geometry.tableBytes), tableAt);
      const { bytes } = table.block;
      const { file } = image;
      yield { kind: "read", file, offsetBytes: tableAt, into: bytes, label: "l2-table" };
      const used = table.nextUsed(0);
      if (used < image.geometry.tableEntries) table.setEntry(used, 0);
      yield { kind: "write", file, offsetBytes: tableAt, bytes, label: "l2-table" };
      image.l2Cache.clear();
      result.leaks += used < image.geometry.tableEntries ? 1 : 0;
      return result;
    },
  }),
  bug("a repair that mends nothing and says that it has", "unsound after repair", {
    *repair(image, options) {
      const result = yield* OURS.check(image, options.progress);
      yield* image.updateHeader({ features: image.header.features & ~2n });
      return { ...result, corruptions: 0 };
    },
  }),
  bug("a write that goes to the wrong place", "data lost or misplaced", {
    *write(image, offset, bytes) {
      yield* OURS.write(image, offset, bytes.map((byte) => byte ^ 1));
    },
  }),
  bug("zeroes that are not written", "data lost or misplaced", {
    *zero(image, offset, lengthBytes) {
      image.locate(offset, Number(lengthBytes));
      yield* image.flush("nothing else");
    },
  }),
  bug("a resize that does nothing", "resize", {
    *resize(image) {
      yield* image.flush("nothing else");
    },
  }),
];
