import {
  backingPath,
  HostError,
  ImageChain,
  type Layer,
  occupiedBytes,
} from "../../../lib/chain/mod.ts";
import { RFC_COMPAT_BACKING_FORMAT } from "../../../lib/qed/mod.ts";
import { type Command, defineCommand } from "../../kit/command.ts";
import { FORCE_SHARE, FORMAT, LAYOUT, openingOptions, OUTPUT } from "../common_options.ts";
import { formatJson, type Json } from "../../kit/json.ts";
import { formatSize } from "../../kit/sizes.ts";

/** `qed info`: the properties of an image. */
export const info: Command = defineCommand({
  name: "info",
  summary: "show the properties of an image",
  operands: [{ name: "IMAGE" }],
  options: [
    FORMAT,
    OUTPUT,
    { long: "backing-chain", help: "show the backing files as well" },
    LAYOUT,
    FORCE_SHARE,
  ],
  notes:
    "Only the header is read and, unless --backing-chain is given, only of this one file. The\n" +
    "image is dirty if it was not closed and must be checked before it is written.",
  exitCodes: [[0, "shown"], [1, "the image could not be opened"]],
  examples: [
    ["disk.qed", "for people"],
    ["--output=json --backing-chain overlay.qed", "for programs, with all backing files"],
  ],
  run(args, io) {
    const isChain = args.has("backing-chain");
    using chain = ImageChain.open(args.operand("IMAGE"), {
      ...openingOptions(args),
      withoutBacking: !isChain,
    });
    if (args.value("output") !== "json") {
      io.print(chain.layers.map(describe).join("\n"));
      return 0;
    }
    const objects = chain.layers.map(toJson);
    io.print(`${formatJson(isChain ? objects : objects[0])}\n`);
    return 0;
  },
});

/** The object that `qemu-img info --output=json` prints, its keys in the same order. */
function toJson(layer: Layer): Json {
  const { image } = layer;
  const backing = image?.backingName;
  return {
    "backing-filename-format": backing !== undefined && image?.backingIsRaw ? "raw" : undefined,
    "virtual-size": layer.guestBytes,
    filename: layer.path,
    "cluster-size": image?.geometry.clusterBytes,
    format: layer.format,
    "actual-size": occupiedBytes(layer.path),
    "full-backing-filename": backing && placeOf(layer.path, backing),
    "backing-filename": backing,
    "dirty-flag": image?.needsCheck ?? false,
  };
}

/** The lines that `qemu-img info` prints, and a few that only make sense for QED. */
function describe(layer: Layer): string {
  const { image, path, guestBytes } = layer;
  const lines = [
    `image: ${path}`,
    `file format: ${layer.format}`,
    `virtual size: ${formatSize(guestBytes)} (${guestBytes} bytes)`,
    `disk size: ${formatSize(occupiedBytes(path))}`,
  ];
  if (image) {
    lines.push(`cluster_size: ${image.geometry.clusterBytes}`);
    const { backingName } = image;
    if (backingName !== undefined) {
      const full = placeOf(path, backingName);
      const place = full === backingName ? "" : ` (actual path: ${full})`;
      lines.push(`backing file: ${backingName}${place}`);
      if (image.backingIsRaw) lines.push("backing file format: raw");
    }
    lines.push(`table_size: ${image.geometry.tableClusters}`);
    lines.push(`header layout: ${image.header.layout}`);
    const { compatFeatures, autoclearFeatures, layout } = image.header;
    const unknown = layout === "rfc" ? compatFeatures & ~RFC_COMPAT_BACKING_FORMAT : compatFeatures;
    if (unknown !== 0n) lines.push(`unknown compatible features: 0x${unknown.toString(16)}`);
    if (autoclearFeatures !== 0n) {
      const bits = `0x${autoclearFeatures.toString(16)}`;
      lines.push(`unknown autoclear features: ${bits} (cleared when it is opened for writing)`);
    }
    if (image.needsCheck) lines.push("dirty: not closed cleanly, run 'qed check -r all'");
  }
  return `${lines.join("\n")}\n`;
}

/** Where a backing file is; for one that no file is asked for, just its name. */
function placeOf(imagePath: string, name: string): string {
  try {
    return backingPath(imagePath, name);
  } catch (error) {
    if (error instanceof HostError) return name;
    throw error;
  }
}
