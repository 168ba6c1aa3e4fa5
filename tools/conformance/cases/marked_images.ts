/** Images that were not closed, that leak, or that have the header of 2010; by hand. */
import type { ImageCase } from "./case.ts";
import { SMALL_GUEST, SMALL_MAP } from "./good_images.ts";
import { ImageBuilder, smallImage } from "../../../lib/qed/format/image_builder.ts";
import { makeCase } from "./make_case.ts";

const NEED_CHECK = 2n;

function dirty(): ImageCase[] {
  const good = smallImage({ features: NEED_CHECK }).builder;

  // What a power cut leaves of an allocating write whose entry alone has reached the disk.
  const cut = smallImage({ features: NEED_CHECK });
  const endBytes = cut.builder.file.sizeBytes;
  cut.builder.setEntry(cut.l2Bytes, 3, endBytes);

  const shared = smallImage({ features: NEED_CHECK });
  shared.builder.setEntry(shared.l2Bytes, 9, shared.dataBytes[1]);
  return [
    makeCase({
      name: "dirty/nothing is wrong",
      about: "NEED_CHECK set; the first opening for writing, or a repair, clears it",
      image: good.file,
      guest: SMALL_GUEST,
      map: SMALL_MAP,
      check: { allocated: 3 },
      write: [20480, 512, 0xee],
      repaired: { guest: SMALL_GUEST },
    }),
    makeCase({
      name: "dirty/an entry without its cluster",
      about: "NEED_CHECK set; opened for writing the image is repaired first",
      image: cut.builder.file,
      guest: "refuse",
      error: ["l2_table[0][3]", cut.l2Bytes + 24, endBytes],
      check: { corruptions: 1, allocated: 4 },
      write: [20480, 512, 0xee],
      repaired: { guest: SMALL_GUEST },
    }),
    makeCase({
      name: "dirty/two entries for one cluster",
      about: "NEED_CHECK set; it must not be cleared while two addresses share a cluster",
      image: shared.builder.file,
      check: { corruptions: 1, allocated: 4, fragmented: 1 },
      write: [20480, 512, 0xee],
      repaired: { guest: SMALL_GUEST, undecided: [[4096, 4096], [36864, 4096]] },
    }),
  ];
}

function leaks(): ImageCase[] {
  const atEnd = smallImage().builder;
  atEnd.addClusters(2, 0xdd);
  const inside = smallImage();
  inside.builder.setEntry(inside.l2Bytes, 1, 0);
  const table = smallImage();
  table.builder.addL2Table(1);
  table.builder.setEntry(table.builder.l1Bytes, 1, 0);
  return [
    makeCase({
      name: "leak/two clusters at the end",
      about: "what a power cut leaves of allocations that never counted",
      image: atEnd.file,
      guest: SMALL_GUEST,
      map: SMALL_MAP,
      check: { leaks: 2, allocated: 3 },
      repaired: { guest: SMALL_GUEST },
    }),
    makeCase({
      name: "leak/a cluster between others",
      about: "an entry was cleared",
      image: inside.builder.file,
      guest: ["0 a0*4096", "8192 a2*4096"],
      check: { leaks: 1, allocated: 2, fragmented: 1 },
      repaired: { guest: ["0 a0*4096", "8192 a2*4096"] },
    }),
    makeCase({
      name: "leak/an L2 table",
      about: "it never made it into the L1 table",
      image: table.builder.file,
      guest: SMALL_GUEST,
      check: { leaks: 2, allocated: 3 },
      repaired: { guest: SMALL_GUEST },
    }),
    phantomLeaks(),
  ];
}

/** A file of 4095 clusters, nearly all of them the header's: QEMU's count goes wrong from here. */
function phantomLeaks(): ImageCase {
  const { builder } = smallImage({ header_size: 4095 - 7 });
  return makeCase({
    name: "leak/none in a file of 4095 clusters",
    about: "header, tables and data take all clusters of a file of nearly 16 MiB",
    image: builder.file,
    guest: SMALL_GUEST,
    check: { allocated: 3 },
  });
}

function rfc(): ImageCase[] {
  const plain = smallImage().builder.setRfcHeader();
  const named = smallImage({ features: 1n, compat_features: 1n }).builder;
  named.setBackingName("base.rawraw").setRfcHeader({
    backing_file_offset: 64,
    backing_file_size: 8,
    backing_fmt_offset: 72,
    backing_fmt_size: 3,
  });
  const marked = smallImage();
  marked.builder.setEntry(marked.l2Bytes, 3, 1).setRfcHeader();
  const base = new ImageBuilder().file;
  base.resize(1 << 20);
  base.write(0, new Uint8Array(1 << 20).fill(0xb0));
  return [
    makeCase({
      name: "rfc/plain",
      about: "the header of the patch of 6 September 2010",
      layout: "rfc",
      image: plain.file,
      guest: SMALL_GUEST,
      map: SMALL_MAP,
      check: { allocated: 3 },
      write: [4096 * 9 + 7, 600, 0xee],
    }),
    makeCase({
      name: "rfc/L2 entry = 1",
      about: "there are no zero clusters in the rfc layout: an offset in the header",
      layout: "rfc",
      image: marked.builder.file,
      guest: "refuse",
      error: ["l2_table[0][3]", marked.l2Bytes + 24, 1],
      check: { corruptions: 1, allocated: 4, fragmented: 1 },
      repaired: { guest: SMALL_GUEST },
    }),
    makeCase({
      name: "rfc/a raw backing file",
      about: "name and format of the backing file are strings",
      layout: "rfc",
      image: named.file,
      others: { "base.raw": base },
      guest: [...SMALL_GUEST, "12288 b0*1036288"],
      check: { allocated: 3 },
      write: [4096 * 9 + 7, 600, 0xee],
    }),
  ];
}

/** All of them. */
export function markedImages(): ImageCase[] {
  return [...dirty(), ...leaks(), ...rfc()];
}
