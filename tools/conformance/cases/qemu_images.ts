/**
 * Images that QEMU makes: the commands, and what the guest reads afterwards, which follows from the
 * commands and not from what QEMU made of them.
 *
 * @module
 */

/** An image for QEMU to make. */
export interface QemuRecipe {
  /** Group, slash, what is special about it. */
  readonly name: string;
  /** Why it is there, in a line. */
  readonly about: string;
  /** Shell commands, run in an empty folder; they leave `image.qed`. */
  readonly commands: readonly string[];
  /** The parts of the guest's disk that are not zero. */
  readonly guest: readonly string[];
  /** A write to try: offset, length, byte. */
  readonly write?: readonly [number, number, number];
  /** Whether to try a repair, which must leave all that the guest reads. */
  readonly repairs?: true;
}

const MIB = 2 ** 20;
const SMALL = "-o cluster_size=4096,table_size=2";

/** `qemu-io` on the image, or another one, with these commands. */
function io(commands: readonly string[], options = "-f qed", file = "image.qed"): string {
  return `qemu-io ${options} ${commands.map((each) => `-c "${each}"`).join(" ")} ${file}`;
}

const WRITES = [
  "write -P 0x11 0 4k",
  "write -P 0x22 5000 9000",
  "write -z 20k 8k",
  "write -P 0x33 21k 512",
  "write -P 0x44 4190000 10000",
  "write -P 0x55 5243000 392",
];
const WRITTEN = [
  "0 11*4096",
  "5000 22*9000",
  "21504 33*512",
  "4190000 44*10000",
  "5243000 55*392",
];

/** All of them. */
export const QEMU_RECIPES: readonly QemuRecipe[] = [
  {
    name: "qemu/empty, with the sizes that QEMU chooses",
    about: "clusters of 64 KiB, tables of 4, nothing written",
    commands: ["qemu-img create -q -f qed image.qed 4G"],
    guest: [],
  },
  {
    name: "qemu/data and zeroes, across clusters and L2 tables",
    about: "clusters of 4 KiB: one L2 table maps 4 MiB",
    commands: [`qemu-img create -q -f qed ${SMALL} image.qed 5243392`, io(WRITES)],
    guest: WRITTEN,
    write: [4194304 - 100, 200, 0xee],
  },
  {
    name: "qemu/killed",
    about: "the same, and no time to close: NEED_CHECK is set",
    commands: [
      `qemu-img create -q -f qed ${SMALL} image.qed 5243392`,
      `${io([...WRITES, "sigraise 9"])} || true`,
    ],
    guest: WRITTEN,
    write: [300000, 200, 0xee],
    repairs: true,
  },
  {
    name: "qemu/clusters of 64 KiB",
    about: "writes in the middle of clusters, back and forth",
    commands: [
      "qemu-img create -q -f qed image.qed 10M",
      io(["write -P 0x61 9M 100k", "write -P 0x62 1M 1k", "write -P 0x63 196508 200"]),
    ],
    guest: ["196508 63*200", `${MIB} 62*1024`, `${9 * MIB} 61*102400`],
    write: [9 * MIB + 102300, 40000, 0xee],
  },
  {
    name: "qemu/tables of 16 clusters",
    about: "clusters of 16 KiB",
    commands: [
      "qemu-img create -q -f qed -o cluster_size=16384,table_size=16 image.qed 3M",
      io(["write -P 0x71 2M 20k"]),
    ],
    guest: [`${2 * MIB} 71*20480`],
    write: [0, 1000, 0xee],
  },
  {
    name: "qemu/a raw backing file",
    about: "with writes to parts of clusters, which QEMU fills up",
    commands: [
      "qemu-img create -q -f raw base.raw 256k",
      io(["write -P 0xb0 0 256k"], "-f raw", "base.raw"),
      `qemu-img create -q -f qed ${SMALL} -b base.raw -F raw image.qed`,
      io(["write -P 0x81 10000 1000", "write -P 0x82 128k 4k", "write -P 0x83 250k 6k"]),
    ],
    guest: [
      "0 b0*10000",
      "10000 81*1000",
      "11000 b0*120072",
      "131072 82*4096",
      "135168 b0*120832",
      "256000 83*6144",
    ],
    write: [40960 + 10, 20, 0xee],
  },
  {
    name: "qemu/a shorter QED backing file",
    about: "the disk goes on past the end of the backing file's",
    commands: [
      `qemu-img create -q -f qed ${SMALL} base.qed 128k`,
      io(["write -P 0xb0 0 20k", "write -P 0xb1 100k 28k"], "-f qed", "base.qed"),
      `qemu-img create -q -f qed -b base.qed -F qed image.qed 300k`,
      io(["write -P 0x91 16k 6k", "write -P 0x92 126k 4k"]),
    ],
    guest: ["0 b0*16384", "16384 91*6144", "102400 b1*26624", "129024 92*4096"],
    write: [122880, 5000, 0xee],
  },
  {
    name: "qemu/converted from a raw file",
    about: "zeroes of the source take no clusters",
    commands: [
      "qemu-img create -q -f raw disk.raw 2M",
      io(["write -P 0xa1 64k 64k", "write -P 0xa2 1M 8k"], "-f raw", "disk.raw"),
      `qemu-img convert -f raw -O qed ${SMALL} disk.raw image.qed`,
      "rm disk.raw",
    ],
    guest: ["65536 a1*65536", `${MIB} a2*8192`],
    write: [65536 - 512, 1024, 0xee],
  },
  {
    name: "qemu/grown",
    about: "resized, and written past the old end",
    commands: [
      `qemu-img create -q -f qed ${SMALL} image.qed 1000k`,
      io(["write -P 0xc1 998k 2k"]),
      "qemu-img resize -q -f qed image.qed 2000k",
      io(["write -P 0xc2 1500k 3k"]),
    ],
    guest: ["1021952 c1*2048", "1536000 c2*3072"],
    write: [1024000, 512, 0xee],
  },
];
