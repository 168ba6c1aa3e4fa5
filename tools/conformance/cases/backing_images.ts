/** Images over backing files, by hand. */
import type { ImageCase } from "./case.ts";
import {
  type HeaderFields,
  ImageBuilder,
  smallImage,
} from "../../../lib/qed/format/image_builder.ts";
import { makeCase, type Recipe } from "./make_case.ts";
import { describeContents } from "../parts.ts";
import { SparseFile } from "../../../lib/storage/sparse_file.ts";

const GUEST_BYTES = 65536;

function filled(sizeBytes: number, byte: number): SparseFile {
  const disk = new SparseFile(sizeBytes);
  disk.write(0, new Uint8Array(sizeBytes).fill(byte));
  return disk;
}

/** 64 KiB over a backing file: the second cluster is data, the third one zeroes. */
function overlay(
  name: string,
  features: bigint,
  options: { readonly at?: number; readonly fields?: HeaderFields } = {},
): ImageBuilder {
  const image = new ImageBuilder({ image_size: BigInt(GUEST_BYTES), ...options.fields });
  const l2Bytes = image.addL2Table(0);
  image.addData(l2Bytes, 1);
  image.setEntry(l2Bytes, 2, 1);
  const { at } = options;
  return image.setBackingName(name, at === undefined ? {} : { offset: at }).setHeader({ features });
}

const OVER_B0 = ["0 b0*4096", "4096 a1*4096", "12288 b0*53248"];
const OVER_MAP = [
  "0+4096 data at 0 depth 1",
  "4096+4096 data at 20480",
  "8192+4096 zero",
  "12288+53248 data at 12288 depth 1",
];
const RAW = 5n;

function backingCase(
  name: string,
  about: string,
  recipe: Omit<Recipe, "name" | "about">,
): ImageCase {
  return makeCase({ name: `backing/${name}`, about, check: { allocated: 1 }, ...recipe });
}

function rawFiles(): ImageCase[] {
  const small = smallImage().builder.file;
  const { parts } = describeContents(small);
  return [
    backingCase("a raw file of the same size", "what has no entry is the backing file's", {
      image: overlay("base.raw", RAW).file,
      others: { "base.raw": filled(GUEST_BYTES, 0xb0) },
      guest: OVER_B0,
      map: OVER_MAP,
      write: [20480 + 100, 50, 0xee],
    }),
    backingCase("a shorter raw file", "past its end, in the middle of a sector, there are zeroes", {
      image: overlay("base.raw", RAW).file,
      others: { "base.raw": filled(18000, 0xb0) },
      guest: ["0 b0*4096", "4096 a1*4096", "12288 b0*5712"],
      write: [17000, 100, 0xee],
    }),
    backingCase("a longer raw file", "the guest's disk ends where the header says", {
      image: overlay("base.raw", RAW).file,
      others: { "base.raw": filled(2 * GUEST_BYTES, 0xb0) },
      guest: OVER_B0,
      map: OVER_MAP,
      write: [61440 - 10, 20, 0xee],
    }),
    backingCase("a raw file that looks like QED", "it says: raw, do not probe", {
      image: new ImageBuilder({ image_size: BigInt(GUEST_BYTES), features: RAW })
        .setBackingName("base.raw").file,
      others: { "base.raw": small },
      guest: parts,
      check: { allocated: 0 },
    }),
    backingCase("a raw file to be probed", "without the bit for raw the format is found out", {
      image: overlay("base.img", 1n).file,
      others: { "base.img": filled(GUEST_BYTES, 0xb0) },
      guest: OVER_B0,
      map: OVER_MAP,
    }),
    backingCase("zero cluster over data", "a write to a part of it leaves zeroes around it", {
      image: overlay("base.raw", RAW).file,
      others: { "base.raw": filled(GUEST_BYTES, 0xb0) },
      guest: OVER_B0,
      write: [8192 + 1000, 512, 0xee],
    }),
  ];
}

function qedFiles(): ImageCase[] {
  const below = new ImageBuilder({ image_size: BigInt(GUEST_BYTES / 2) });
  const table = below.addL2Table(0);
  for (const index of [0, 1, 2, 7]) below.addData(table, index, 0xb0);
  below.setEntry(table, 3, 1);

  const middle = new ImageBuilder({ image_size: BigInt(GUEST_BYTES) });
  middle.addData(middle.addL2Table(0), 4, 0xc0);
  middle.setBackingName("../base/base.raw").setHeader({ features: RAW });
  return [
    backingCase("a shorter QED image", "its zeroes, its gaps and its end are zeroes above it", {
      image: overlay("base.qed", 1n).file,
      others: { "base.qed": below.file },
      guest: ["0 b0*4096", "4096 a1*4096", "28672 b0*4096"],
      map: [
        "0+4096 data at 20480 depth 1",
        "4096+4096 data at 20480",
        "8192+4096 zero",
        "12288+4096 zero depth 1",
        "16384+12288 absent depth 1",
        "28672+4096 data at 32768 depth 1",
        "32768+32768 absent",
      ],
      write: [28672 + 4000, 4000, 0xee],
    }),
    backingCase("a chain of three in three folders", "names start from the image that has them", {
      image: overlay("layers/middle.qed", 1n).file,
      others: { "layers/middle.qed": middle.file, "base/base.raw": filled(GUEST_BYTES, 0xb0) },
      guest: ["0 b0*4096", "4096 a1*4096", "12288 b0*4096", "16384 c0*4096", "20480 b0*45056"],
      map: [
        "0+4096 data at 0 depth 2",
        "4096+4096 data at 20480",
        "8192+4096 zero",
        "12288+4096 data at 12288 depth 2",
        "16384+4096 data at 20480 depth 1",
        "20480+45056 data at 20480 depth 2",
      ],
      write: [16384 - 10, 20, 0xee],
    }),
  ];
}

function names(): ImageCase[] {
  const others = { "base.raw": filled(GUEST_BYTES, 0xb0) };
  const longName = `${"./".repeat(506)}.//base.raw`;
  return [
    backingCase("a name of 1023 bytes", "as long as names may be", {
      image: overlay(longName, RAW).file,
      others,
      guest: OVER_B0,
    }),
    backingCase("a name in the second header cluster", "it may be anywhere in the header", {
      image: overlay("base.raw", RAW, { at: 5000, fields: { header_size: 2 } }).file,
      others,
      guest: OVER_B0,
      write: [0, 100, 0xee],
    }),
    backingCase("a file that is not there", "the header can be read, the disk cannot", {
      image: overlay("base.raw", RAW).file,
      guest: "refuse",
      check: "unasked",
    }),
  ];
}

/** All of them. */
export function backingImages(): ImageCase[] {
  return [...rawFiles(), ...qedFiles(), ...names()];
}
