import {
  assertDepth,
  backingPath,
  describeError,
  fileIdentity,
  HostError,
  IMAGE_FORMATS,
  ImageChain,
  type ImageFormat,
} from "../../../lib/chain/mod.ts";
import { createImage, type CreateOptions, DEFAULT_CLUSTER_BYTES } from "../../../lib/qed/mod.ts";
import { SECTOR_BYTES } from "../../../lib/storage/sector.ts";
import { runSync } from "../../../lib/storage/mod.ts";
import { type Command, defineCommand } from "../../kit/command.ts";
import {
  CREATION_OPTIONS,
  FORMAT,
  formatOption,
  layoutOption,
  NEW_LAYOUT,
  QUIET,
} from "../common_options.ts";
import {
  creationOptionsHelp,
  oneOf,
  parseCreationOptions,
  wantsCreationHelp,
} from "../creation_options.ts";
import type { Io } from "../../kit/io.ts";
import type { ParsedArgs } from "../../kit/parsed_args.ts";
import { resizeRaw } from "../resize_raw.ts";
import { parseSize } from "../../kit/sizes.ts";
import { UsageError } from "../../kit/usage_error.ts";
import { writeFresh } from "../write_fresh.ts";

/** `qed create`: a new image, empty or over a backing file. */
export const create: Command = defineCommand({
  name: "create",
  summary: "create an image, empty or over a backing file",
  operands: [{ name: "FILE" }, { name: "SIZE", isOptional: true }],
  options: [
    { ...FORMAT, help: "format of the new image: qed (the default) or raw" },
    {
      short: "b",
      long: "backing",
      value: "FILE",
      help: "backing file; a relative name starts from the new image's folder",
    },
    {
      short: "F",
      long: "backing-format",
      value: "FMT",
      choices: IMAGE_FORMATS,
      help: "format of the backing file, qed or raw",
    },
    { short: "u", long: "unsafe", help: "do not look at the backing file; SIZE is needed then" },
    CREATION_OPTIONS,
    NEW_LAYOUT,
    QUIET,
  ],
  notes:
    "SIZE is the size of the guest's disk, rounded up to whole sectors of 512 bytes. Without\n" +
    "it the backing file's size is taken. An image that has the name already is replaced when\n" +
    "the new one is complete.",
  exitCodes: [[0, "created"], [1, "not created; what had the name before is still there"]],
  examples: [
    ["disk.qed 20G", "an empty disk of 20 GiB"],
    ["-o cluster_size=1M,table_size=16 huge.qed 1E", "an exabyte"],
    ["-b base.raw -F raw overlay.qed", "an overlay that leaves base.raw as it is"],
  ],
  async run(args, io) {
    if (wantsCreationHelp(args)) {
      io.print(creationOptionsHelp());
      return 0;
    }
    const plan = planImage(args);
    if (!args.has("quiet")) announce(plan, io);
    await writeFresh(plan.path, io, (storage) => {
      if (plan.format === "qed") runSync(createImage(plan.options), [storage]);
      else resizeRaw(storage, plan.options.imageBytes);
    });
    return 0;
  },
});

/** The image to create. */
interface Plan {
  readonly path: string;
  readonly format: ImageFormat;
  /** The size as it was asked for, in bytes. */
  readonly wantedBytes: bigint;
  readonly options: CreateOptions;
}

/** Understand the command line, and look at the backing file; nothing is written. */
function planImage(args: ParsedArgs): Plan {
  const path = args.operand("FILE");
  const { format = "qed" } = formatOption(args);
  const given = parseCreationOptions(args);
  const operand = args.optionalOperand("SIZE");
  const operandBytes = operand === undefined ? undefined : parseSize(operand, "SIZE");
  const size = oneOf("The size", operandBytes, given.sizeBytes);
  const backing = oneOf("The backing file", args.value("backing"), given.backingFile);
  const backingFormat = oneOf(
    "The backing file's format",
    args.value("backing-format"),
    given.backingFormat,
  );
  const layout = layoutOption(args);
  const isQedOnly = backing ?? given.clusterBytes ?? given.tableClusters ?? layout.layout;
  if (format === "raw" && isQedOnly !== undefined) {
    throw new UsageError(
      "-f raw cannot be combined with a backing file, clusters, tables or a layout",
    );
  }
  if (backing === undefined && backingFormat !== undefined) {
    throw new UsageError("-F needs -b FILE");
  }
  const backingFileOptions = backing === undefined
    ? undefined
    : { name: backing, format: backingFormat, isUnsafe: args.has("unsafe") };
  const backingBytes = backingFileOptions && inspectBacking(path, backingFileOptions);
  const wanted = size ?? backingBytes;
  if (wanted === undefined) throw new UsageError("missing operand SIZE");

  const { clusterBytes = DEFAULT_CLUSTER_BYTES, tableClusters } = given;
  const unit = BigInt(layout.layout === "rfc" ? clusterBytes : SECTOR_BYTES) || 1n;
  const options: CreateOptions = {
    imageBytes: (wanted + unit - 1n) / unit * unit,
    clusterBytes,
    ...(tableClusters !== undefined && { tableClusters }),
    ...layout,
    ...(backingFileOptions && {
      backing: { name: backingFileOptions.name, isRaw: backingFileOptions.format === "raw" },
    }),
  };
  return { path, format, wantedBytes: wanted, options };
}

/**
 * Open the backing file as the new image will open it. Returns the size of its disk
 * in bytes, or undefined if it is not to be looked at.
 */
function inspectBacking(
  path: string,
  backing: {
    readonly name: string;
    readonly format: string | undefined;
    readonly isUnsafe: boolean;
  },
): bigint | undefined {
  const { name, isUnsafe } = backing;
  const format = IMAGE_FORMATS.find((known) => known === backing.format);
  if (backing.format !== undefined && format === undefined) {
    throw new UsageError(`backing_fmt must be qed or raw, not '${backing.format}'`);
  }
  if (isUnsafe && format !== undefined) return undefined;
  try {
    using chain = ImageChain.open(backingPath(path, name), format ? { format } : {});
    if (format === undefined) {
      throw new UsageError(
        `Backing file specified without backing format; it looks like ${chain.top.format}: ` +
          `add -F ${chain.top.format}`,
      );
    }
    assertDepth(chain);
    const own = fileIdentity(path);
    if (chain.layers.some((layer) => layer.storage.identity === own)) {
      throw new HostError(`'${path}' is in the backing chain of the image that would replace it`);
    }
    return chain.guestBytes;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new HostError(`${describeError(error)}\nCould not open backing image.`, { cause: error });
  }
}

/** Say what is created as `qemu-img create` does. */
function announce(plan: Plan, io: Io): void {
  const { path, format, wantedBytes, options } = plan;
  const { backing } = options;
  const parts = [
    `Formatting '${path}', fmt=${format} size=${wantedBytes}`,
    ...(backing
      ? [`backing_file=${backing.name} backing_fmt=${backing.isRaw ? "raw" : "qed"}`]
      : []),
    ...(format === "qed" ? [`cluster_size=${options.clusterBytes}`] : []),
    ...(options.tableClusters ? [`table_size=${options.tableClusters}`] : []),
  ];
  io.print(`${parts.join(" ")}\n`);
}
