/**
 * A superblock in two slots. Each update goes to the slot that is not current, with a sequence number
 * one higher and a checksum; the newest slot that is whole counts. So one good version is there at
 * any time.
 */
import { defineFormat, explore, FLUSH, type Format, FormatRefusal } from "@powercut/powercut";
import { read, write } from "@powercut/powercut";

const SECTOR = 512;
/** A slot: a sector with the sequence number and the checksum, and one with the contents. */
const SLOT = 2 * SECTOR;

/** What a superblock says: its version, and the contents. */
interface Version {
  readonly sequence: number;
  readonly contents: Uint8Array;
}

/** The superblock as a format: a disk of one sector. One slot is the bug that two slots prevent. */
export function superblock({ slots = 2 } = {}): Format {
  return defineFormat<{ current: Version }>({
    name: "superblock",
    sizeBytes: SECTOR,
    create() {
      const file = new Uint8Array(slots * SLOT);
      file.set(slotOf({ sequence: slots, contents: new Uint8Array(SECTOR) }));
      return file;
    },
    *open() {
      let current: Version | undefined;
      for (let slot = 0; slot < slots; slot++) {
        const version = versionIn(yield* read(slot * SLOT, SLOT, `slot ${slot}`));
        if (version && version.sequence > (current?.sequence ?? 0)) current = version;
      }
      if (!current) throw new FormatRefusal("no slot is whole");
      // After a write that failed this may be in memory only, and the other slot is overwritten next.
      yield* write((current.sequence % slots) * SLOT, slotOf(current), "slot");
      yield FLUSH;
      return { current };
    },
    // deno-lint-ignore require-yield -- it is in memory
    *read({ current }, _, into) {
      into.set(current.contents);
    },
    *write(superblock, _, bytes) {
      const version = { sequence: superblock.current.sequence + 1, contents: bytes.slice() };
      yield* write((version.sequence % slots) * SLOT, slotOf(version), "slot");
      yield FLUSH; // before the other slot, the last good one, is written again
      superblock.current = version; // not before that has succeeded
    },
    *flush() {
      yield FLUSH;
    },
  });
}

function slotOf({ sequence, contents }: Version): Uint8Array {
  const slot = new Uint8Array(SLOT);
  slot.set(contents, SECTOR);
  const head = new DataView(slot.buffer);
  head.setUint32(0, sequence);
  head.setUint32(4, checksumOf(slot));
  return slot;
}

function versionIn(slot: Uint8Array): Version | undefined {
  const head = new DataView(slot.buffer);
  const sum = head.getUint32(4);
  head.setUint32(4, 0);
  if (sum !== checksumOf(slot)) return undefined;
  return { sequence: head.getUint32(0), contents: slot.slice(SECTOR) };
}

/** FNV-1a. */
function checksumOf(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => Math.imul(sum ^ byte, 0x01000193) >>> 0, 0x811c9dc5);
}

if (import.meta.main) {
  console.log(`${explore(superblock())}`);
  console.log(`${explore(superblock({ slots: 1 }))}`);
}
