import { IMAGE_FORMATS, ImageChain, type ImageFormat } from "../../../lib/chain/mod.ts";
import {
  clusterSizeRule,
  DEFAULT_CLUSTER_BYTES,
  DEFAULT_TABLE_CLUSTERS,
  deriveGeometry,
  type Geometry,
  ImageError,
  imageSizeRule,
  tableSizeRule,
} from "../../../lib/qed/mod.ts";
import { SECTOR_BYTES } from "../../../lib/storage/sector.ts";
import { type Command, defineCommand } from "../../kit/command.ts";
import {
  CREATION_OPTIONS,
  FORCE_SHARE,
  FORMAT,
  LAYOUT,
  openingOptions,
  OUTPUT,
} from "../common_options.ts";
import {
  type CreationOptions,
  creationOptionsHelp,
  oneOf,
  parseCreationOptions,
  wantsCreationHelp,
} from "../creation_options.ts";
import { formatJson } from "../../kit/json.ts";
import { type MeasuredSize, measureEmptyQed, measureQedCopy } from "../measured_size.ts";
import type { ParsedArgs } from "../../kit/parsed_args.ts";
import { parseSize } from "../../kit/sizes.ts";
import { UsageError } from "../../kit/usage_error.ts";

/** `qed measure`: how large a new image will be. */
export const measure: Command = defineCommand({
  name: "measure",
  summary: "compute the file size that a new image needs",
  operands: [{ name: "IMAGE", isOptional: true }],
  options: [
    { ...FORMAT, help: "format of IMAGE, qed or raw; found out if not given" },
    {
      short: "O",
      long: "output-format",
      value: "FMT",
      choices: IMAGE_FORMATS,
      help: "format of the new image, qed or raw (the default, as with qemu-img)",
    },
    { long: "size", value: "SIZE", help: "size of the guest's disk, in place of IMAGE" },
    CREATION_OPTIONS,
    OUTPUT,
    LAYOUT,
    FORCE_SHARE,
  ],
  notes:
    "The required size is that of a copy of IMAGE with all backing files, as convert makes it,\n" +
    "if data stands where IMAGE says it does; convert leaves out zeroes that it finds, so its\n" +
    "file may be smaller. Fully allocated is what it is once the guest has written everything.\n" +
    "(QEMU measures no QED images; for raw ones the two sizes are the disk's, as there.)",
  exitCodes: [[0, "measured"], [1, "the image could not be opened"]],
  examples: [
    ["-O qed --size 10G", "an empty disk of 10 GiB"],
    ["-O qed -o cluster_size=4k disk.raw", "a conversion"],
    ["-O qed --output=json overlay.qed", "for programs"],
  ],
  run(args, io) {
    if (wantsCreationHelp(args)) {
      io.print(creationOptionsHelp());
      return 0;
    }
    const given = parseCreationOptions(args);
    if (given.backingFile !== undefined || given.backingFormat !== undefined) {
      throw new UsageError("-o: backing_file cannot be measured");
    }
    const format = args.choice("output-format", IMAGE_FORMATS) ?? "raw";
    const sizeText = args.value("size");
    const size = oneOf(
      "The size",
      sizeText === undefined ? undefined : parseSize(sizeText, "--size"),
      given.sizeBytes,
    );
    const path = args.optionalOperand("IMAGE");
    if ((path === undefined) === (size === undefined)) {
      throw new UsageError("either IMAGE or --size must be given, not both");
    }
    if (format === "raw" && (given.clusterBytes ?? given.tableClusters) !== undefined) {
      throw new UsageError("cluster_size and table_size need -O qed");
    }
    const geometry = checkedGeometry(given);
    const sizes = path === undefined
      ? measureSize(wholeSectors(size ?? 0n), format, geometry)
      : measureImage(path, args, { format, geometry });
    if (args.value("output") === "json") {
      const { required, full } = sizes;
      io.print(`${formatJson({ required, "fully-allocated": full })}\n`);
    } else {
      io.print(`required size: ${sizes.required}\nfully allocated size: ${sizes.full}\n`);
    }
    return 0;
  },
});

function measureSize(
  imageBytes: bigint,
  format: ImageFormat,
  geometry: Geometry,
): MeasuredSize {
  if (format === "raw") return { required: imageBytes, full: imageBytes };
  const rule = imageSizeRule(imageBytes, geometry, "final");
  if (rule) throw new ImageError(`invalid image size ${imageBytes}: ${rule}`);
  return measureEmptyQed(imageBytes, geometry);
}

function measureImage(
  path: string,
  args: ParsedArgs,
  target: { readonly format: ImageFormat; readonly geometry: Geometry },
): MeasuredSize {
  using chain = ImageChain.open(path, openingOptions(args));
  const plain = measureSize(chain.guestBytes, target.format, target.geometry);
  return target.format === "raw" ? plain : measureQedCopy(chain, target.geometry);
}

function checkedGeometry(given: CreationOptions): Geometry {
  const { clusterBytes = DEFAULT_CLUSTER_BYTES, tableClusters = DEFAULT_TABLE_CLUSTERS } = given;
  const clusterRule = clusterSizeRule(clusterBytes);
  if (clusterRule) throw new ImageError(`invalid cluster size ${clusterBytes}: ${clusterRule}`);
  const tableRule = tableSizeRule(tableClusters);
  if (tableRule) throw new ImageError(`invalid table size ${tableClusters}: ${tableRule}`);
  return deriveGeometry(clusterBytes, tableClusters);
}

function wholeSectors(bytes: bigint): bigint {
  const sector = BigInt(SECTOR_BYTES);
  return (bytes + sector - 1n) / sector * sector;
}
