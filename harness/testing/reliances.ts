/** Formats that rely on what a disk does not promise, one for each preset to find. */
import type { Operation } from "../../lib/storage/mod.ts";
import { filled, LogBuilder, SECTOR } from "./log_builder.ts";
import type { Target } from "../target/target.ts";
import type { Preset } from "../model/presets.ts";
import type { EngineCase } from "./engine_agreement.ts";

const BLOCK = 4096;
const FILE_BYTES = 2 * BLOCK;
/** What is durable in the second sector from the start, and is never written. */
const NEIGHBOUR = 7;

/** What a format relies on. */
export interface Reliance {
  /** In words. */
  readonly on: string;
  /** The presets that find it. */
  readonly foundBy: readonly string[];
  /** What the format writes. */
  readonly write: (log: LogBuilder) => void;
  /** Whether a file shows that it was relied on in vain. */
  readonly isBroken: (file: Uint8Array) => boolean;
}

/** A file of zeroes to which only ones are written: of two bytes, only the first is new. */
const onlyFirst = (a: number, b: number) => (file: Uint8Array) => file[a] === 1 && file[b] === 0;
const differ = (a: number, b: number) => (file: Uint8Array) =>
  onlyFirst(a, b)(file) || onlyFirst(b, a)(file);

/**
 * Each preset is the only one that finds one of them, or the weakest: whatever a prefix of the writes
 * can do any subset can, and sectors can do what blocks and whole writes can.
 */
export const RELIANCES: readonly Reliance[] = [
  {
    on: "nothing: an entry is written, flushed, and then what it points to",
    foundBy: [
      "ordered",
      "writes",
      "sectors",
      "blocks",
      "torn-sector",
      "neighbour-corruption(4096)",
      "lying-flush",
    ],
    write: (log) => {
      log.write(0, filled(1));
      log.flush();
      log.write(BLOCK, filled(1));
    },
    isBroken: onlyFirst(0, BLOCK),
  },
  {
    on: "the order of two writes without a flush between them",
    foundBy: [
      "writes",
      "sectors",
      "blocks",
      "torn-sector",
      "neighbour-corruption(4096)",
      "lying-flush",
    ],
    write: (log) => {
      log.write(BLOCK, filled(1));
      log.write(0, filled(1));
    },
    isBroken: onlyFirst(0, BLOCK),
  },
  {
    on: "a write across the border of two blocks to be on disk as a whole",
    foundBy: ["sectors", "blocks", "torn-sector", "neighbour-corruption(4096)", "lying-flush"],
    write: (log) => log.write(BLOCK - SECTOR, filled(1, 2 * SECTOR)),
    isBroken: differ(BLOCK - SECTOR, BLOCK),
  },
  {
    on: "a write of two sectors of one block to be on disk as a whole",
    foundBy: ["sectors", "torn-sector", "neighbour-corruption(4096)", "lying-flush"],
    write: (log) => log.write(2 * SECTOR, filled(1, 2 * SECTOR)),
    isBroken: differ(2 * SECTOR, 3 * SECTOR),
  },
  {
    on: "a sector to be on disk as a whole",
    foundBy: ["torn-sector"],
    write: (log) => log.write(0, filled(1)),
    isBroken: differ(0, SECTOR - 1),
  },
  {
    on: "what is durable to stay when something beside it is written",
    foundBy: ["neighbour-corruption(4096)"],
    write: (log) => log.write(0, filled(1)),
    isBroken: (file) => file[SECTOR] !== NEIGHBOUR,
  },
  {
    on: "a flush",
    foundBy: ["lying-flush"],
    write: (log) => {
      log.write(BLOCK, filled(1));
      log.flush();
      log.write(0, filled(1));
    },
    isBroken: onlyFirst(0, BLOCK),
  },
];

/** What is to be explored. */
export function relianceCase({ write, isBroken }: Reliance, preset: Preset): EngineCase {
  const log = new LogBuilder();
  write(log);
  const base = new Uint8Array(FILE_BYTES);
  base.fill(NEIGHBOUR, SECTOR, 2 * SECTOR);
  return {
    log: log.log(base, new Uint8Array(SECTOR)),
    target: checked(isBroken),
    preset,
    ...GUEST,
  };
}

const GUEST = { guestBytes: SECTOR };

/** A format that has nothing but an invariant; its guest's disk is all zeroes. */
function checked(isBroken: Reliance["isBroken"]): Target<void> {
  return {
    name: "reliant",
    dataLabels: new Set(),
    allocationUnitBytes: SECTOR,
    otherFiles: [],
    postRecoveryWrites: [],
    beforeEachState() {},
    *recover() {},
    *inspect() {
      const isInvalid = isBroken(yield* wholeFile());
      return { problems: isInvalid ? ["relied on in vain"] : [], leakedBytes: 0 };
    },
    // deno-lint-ignore require-yield -- nothing of the file is looked at
    *read(_, _offset, into) {
      into.fill(0);
    },
    *write() {},
    refusal: () => undefined,
  };
}

function* wholeFile(): Operation<Uint8Array> {
  const file = new Uint8Array(FILE_BYTES);
  for (let offsetBytes = 0; offsetBytes < FILE_BYTES; offsetBytes += SECTOR) {
    const into = file.subarray(offsetBytes, offsetBytes + SECTOR);
    yield { kind: "read", file: 0, offsetBytes, into, label: "file" };
  }
  return file;
}
