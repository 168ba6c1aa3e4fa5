/**
 * The other direction: an implementation creates images and writes to them, and this library
 * checks the result.
 *
 * @module
 */
import { IMAGE_NAME } from "./case.ts";
import { verifyImage } from "../verify_image.ts";
import { describeFiles } from "./make_case.ts";
import { smallImage } from "../../../lib/qed/format/image_builder.ts";
import { SMALL_GUEST } from "./good_images.ts";
import { expandContents } from "../parts.ts";
import { SparseFile } from "../../../lib/storage/sparse_file.ts";
import type { TestCase } from "./test_case.ts";
import type { Finding, TestWorkspace } from "../test_workspace.ts";

/** An image to create, and what is written to it. */
interface Creation {
  readonly name: string;
  readonly about: string;
  readonly clusterBytes?: number;
  readonly tableClusters?: number;
  readonly imageBytes: number;
  readonly backing?: {
    readonly name: string;
    readonly format: "raw" | "qed";
    readonly file: SparseFile;
    /** The guest contents. */
    readonly disk: SparseFile;
  };
  /** Offset, length, byte. */
  readonly writes?: readonly (readonly [number, number, number])[];
}

function raw(sizeBytes: number): NonNullable<Creation["backing"]> {
  const disk = new SparseFile(sizeBytes);
  disk.write(0, new Uint8Array(sizeBytes).fill(0xb0));
  return { name: "base.raw", format: "raw", file: disk, disk };
}

function qed(): NonNullable<Creation["backing"]> {
  const disk = expandContents({ bytes: `${2 ** 20}`, parts: SMALL_GUEST });
  return { name: "base.qed", format: "qed", file: smallImage().builder.file, disk };
}

const MIB = 2 ** 20;

const CREATIONS: readonly Creation[] = [
  { name: "empty", about: "nothing is written to it", imageBytes: 10 * MIB },
  {
    name: "an exabyte",
    about: "with nothing in it",
    clusterBytes: MIB,
    tableClusters: 16,
    imageBytes: 2 ** 60,
  },
  {
    name: "one sector",
    about: "the smallest disk with data",
    imageBytes: 512,
    writes: [[0, 512, 1]],
  },
  ...([[4096, 1], [4096, 2], [8192, 16], [65536, 4]] as const).map((
    [clusterBytes, tableClusters],
  ) => ({
    name: `clusters of ${clusterBytes}, tables of ${tableClusters}`,
    about: "writes to a part of a cluster, across two, over what is there, and to the end",
    clusterBytes,
    tableClusters,
    imageBytes: 5 * clusterBytes + 512,
    writes: [
      [clusterBytes + 100, 1000, 0x11],
      [2 * clusterBytes - 50, clusterBytes + 100, 0x22],
      [clusterBytes + 600, 200, 0x33],
      [5 * clusterBytes + 12, 500, 0x44],
    ] as const,
  })),
  {
    name: "writes on both sides of what an L2 table maps",
    about: "each L2 table maps 4 MiB; the second one comes first",
    imageBytes: 9 * MIB,
    writes: [[8 * MIB + 5000, 3000, 0x11], [4 * MIB - 700, 1400, 0x22]],
  },
  {
    name: "over a raw file",
    about: "what is not written stays the backing file's",
    imageBytes: 65536,
    backing: raw(65536),
    writes: [[100, 50, 0x11], [8000, 9000, 0x22]],
  },
  {
    name: "over a shorter raw file",
    about: "past its end there are zeroes",
    imageBytes: 65536,
    backing: raw(18432),
    writes: [[17000, 100, 0x11], [40000, 100, 0x22]],
  },
  {
    name: "over a QED image",
    about: "which is left as it is",
    imageBytes: MIB,
    backing: qed(),
    writes: [[4000, 5000, 0x11]],
  },
];

/** All of them. */
export function createdImages(): TestCase[] {
  return CREATIONS.map((creation) => {
    const { name, about, backing, writes = [] } = creation;
    return {
      name: `create/${name}`,
      about,
      files: describeFiles(backing ? { [backing.name]: backing.file } : {}),
      tests: [{
        name: `create/${name}: ${writes.length > 0 ? "write" : "create"}`,
        commands: [
          backing ? "createOver" : "create",
          ...(writes.length > 0 ? ["write" as const] : []),
        ],
        expected: "header, tables and contents are good",
        writes: true,
        run: (place) => createAndJudge(place, creation),
      }],
    };
  });
}

async function createAndJudge(place: TestWorkspace, creation: Creation): Promise<Finding> {
  const { imageBytes, backing, writes = [] } = creation;
  const { clusterBytes = 4096, tableClusters = 2 } = creation;
  const failure = await place.succeed(backing ? "createOver" : "create", {
    size: `${BigInt(imageBytes)}`,
    cluster_size: `${clusterBytes}`,
    table_size: `${tableClusters}`,
    backing: backing?.name ?? "",
    backing_format: backing?.format ?? "",
  });
  if (failure) return { ...failure, found: `create: ${failure.found}` };
  for (const [offset, length, byte] of writes) {
    const values = { offset: `${offset}`, length: `${length}`, byte: `${byte}` };
    const failure = await place.succeed("write", values);
    if (failure) return { ...failure, found: `write: ${failure.found}` };
  }
  const disk = new SparseFile(imageBytes, backing?.disk);
  for (const [offset, length, byte] of writes) {
    disk.write(offset, new Uint8Array(length).fill(byte));
  }
  return place.verify((folder) =>
    verifyImage(`${folder}/${IMAGE_NAME}`, {
      header: {
        layout: "final",
        cluster_size: clusterBytes,
        table_size: tableClusters,
        compat_features: "0",
        autoclear_features: "0",
        image_size: `${BigInt(imageBytes)}`,
        features: `${backing ? backing.format === "raw" ? 5 : 1 : 0}`,
        ...(backing && { backing_file: backing.name, backing_is_raw: backing.format === "raw" }),
      },
      contents: disk,
    })
  );
}
