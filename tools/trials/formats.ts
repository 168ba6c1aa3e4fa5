/** A format that QEMU writes, and how an image of it is made and opened. */
export interface DriverFormat {
  /** Its name here; variants of a format have names of their own. */
  readonly name: string;
  /** QEMU's name of the driver. */
  readonly driver: string;
  /** Options of `qemu-img create`. */
  readonly createOptions: readonly string[];
  /** Options that the driver is opened with. */
  readonly openOptions: readonly string[];
  /** Whether `qemu-img check` knows the format. */
  readonly canCheck: boolean;
  /** Whether an image may have a backing file, and a snapshot inside. */
  readonly canBack: boolean;
  readonly canSnapshot: boolean;
  /** The effect of a crash that the format's documentation declares to be expected; undefined if none. */
  readonly documented?: string;
}

/** Options that tell QEMU how to open an image in the file at `path`. */
export function imageOptions(format: DriverFormat, path: string): string {
  return optionsOver(format, [`file.driver=file,file.filename=${path}`]);
}

/** The same over whatever the options in `file` say. */
export function optionsOver(
  { driver, openOptions }: DriverFormat,
  file: readonly string[],
): string {
  return [`driver=${driver}`, ...openOptions, ...file].join(",");
}

type Extras = Partial<Omit<DriverFormat, "name" | "driver">>;

function format(name: string, driver: string, extras: Extras = {}): DriverFormat {
  const can = { canCheck: true, canBack: false, canSnapshot: false };
  return { name, driver, createOptions: [], openOptions: [], ...can, ...extras };
}

const QCOW2 = { canBack: true, canSnapshot: true };

/** Every format that QEMU 7.2 writes and that can be recorded, with the variants that order writes differently. */
export const FORMATS: readonly DriverFormat[] = [
  format("raw", "raw", { canCheck: false }),
  format("qcow", "qcow", { canCheck: false, canBack: true }),
  format("qcow2", "qcow2", QCOW2),
  // With small clusters a small disk needs many tables.
  format("qcow2-4k", "qcow2", { ...QCOW2, createOptions: ["cluster_size=4k"] }),
  format("qcow2-lazy", "qcow2", {
    ...QCOW2,
    createOptions: ["cluster_size=4k", "lazy_refcounts=on"],
  }),
  format("qcow2-subclusters", "qcow2", {
    ...QCOW2,
    createOptions: ["cluster_size=16k", "extended_l2=on"],
  }),
  format("qed", "qed", { canBack: true, createOptions: ["cluster_size=4k", "table_size=2"] }),
  format("vdi", "vdi"),
  format("vdi-static", "vdi", { createOptions: ["static=on"] }),
  format("vmdk", "vmdk"),
  format("vpc", "vpc", { canCheck: false }),
  format("vpc-fixed", "vpc", { createOptions: ["subformat=fixed"], canCheck: false }),
  format("vhdx", "vhdx", { createOptions: ["block_size=1M"] }),
  format("parallels", "parallels", {
    // With the usual 128 MiB a log would be as large.
    openOptions: ["prealloc-size=2M"],
    documented:
      "an image that was not closed has to be repaired by qemu-img check -r before it is " +
      "opened for writing",
  }),
];

/** Formats, and variants of formats, that are left out, and why. */
export const LEFT_OUT: readonly { readonly name: string; readonly reason: string }[] = [
  { name: "bochs, cloop, dmg", reason: "QEMU only reads them" },
  { name: "vvfat", reason: "a folder, not an image" },
  {
    name: "luks",
    reason: "encryption over raw: it writes the guest's data in place and no metadata",
  },
  { name: "vhdx fixed", reason: "blocks are allocated when it is created; vhdx covers the log" },
  {
    name: "vmdk monolithicFlat, twoGbMaxExtentFlat, twoGbMaxExtentSparse",
    reason: "QEMU opens the extents by name and can't be told to log what is written to them",
  },
  { name: "vmdk streamOptimized", reason: "what was written once can't be written again" },
];
