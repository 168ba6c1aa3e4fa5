import {
  copyDisk,
  fileIdentity,
  HostError,
  IMAGE_FORMATS,
  ImageChain,
  type ImageFormat,
} from "../../../lib/chain/mod.ts";
import type { CreateOptions } from "../../../lib/qed/mod.ts";
import type { FileStorage } from "../../../lib/storage/mod.ts";
import { type Command, defineCommand } from "../../kit/command.ts";
import {
  CREATION_OPTIONS,
  FORCE_SHARE,
  FORMAT,
  formatOption,
  LAYOUT,
  layoutOption,
  NEW_LAYOUT,
  PROGRESS,
  QUIET,
  shareOption,
} from "../common_options.ts";
import {
  creationOptionsHelp,
  parseCreationOptions,
  wantsCreationHelp,
} from "../creation_options.ts";
import { qedWriter, rawWriter } from "../disk_writer.ts";
import type { Io } from "../../kit/io.ts";
import type { ParsedArgs } from "../../kit/parsed_args.ts";
import { Progress } from "../../kit/progress.ts";
import { UsageError } from "../../kit/usage_error.ts";
import { writeFresh } from "../write_fresh.ts";

/** After how many bytes of the disk signals are let in. */
const TURN_BYTES = 64n << 20n;

/** `qed convert`: copy a disk into a new image. */
export const convert: Command = defineCommand({
  name: "convert",
  summary: "copy an image, backing files included, into a new one",
  operands: [{ name: "SOURCE" }, { name: "TARGET" }],
  options: [
    { ...FORMAT, help: "format of the source, qed or raw; found out if not given" },
    {
      short: "O",
      long: "output-format",
      value: "FMT",
      choices: IMAGE_FORMATS,
      help: "format of the target, qed or raw (the default, as with qemu-img)",
    },
    CREATION_OPTIONS,
    NEW_LAYOUT,
    {
      ...LAYOUT,
      long: "source-layout",
      help: "read the source's header as final or rfc only; found out if not given",
    },
    {
      short: "t",
      long: "cache",
      value: "CACHE",
      choices: ["writeback", "unsafe"],
      help: "writeback (the default) waits until the target is on its disk, unsafe does not",
    },
    PROGRESS,
    QUIET,
    FORCE_SHARE,
  ],
  notes:
    "Zeroes are not stored, whether the source stores them or not. The target is written under\n" +
    "another name in its folder, made durable and renamed: under its own name there is never\n" +
    "anything but what was there before, or the complete target. With -t unsafe (what qemu-img\n" +
    "does by default) a power cut soon afterwards may leave anything there.",
  exitCodes: [[0, "converted"], [1, "not converted; what had the name before is still there"]],
  examples: [
    ["-f raw -O qed disk.raw disk.qed", "raw to QED"],
    ["-O qed -o cluster_size=4k old.qed new.qed", "another cluster size"],
    ["-O raw overlay.qed flat.raw", "an overlay and its backing files as one raw file"],
    ["-O qed --layout final 2010.qed today.qed", "an image of 2010 for today's programs"],
  ],
  async run(args, io) {
    if (wantsCreationHelp(args)) {
      io.print(creationOptionsHelp());
      return 0;
    }
    const target = planTarget(args);
    using source = ImageChain.open(args.operand("SOURCE"), {
      ...formatOption(args),
      ...shareOption(args),
      ...layoutOption(args, "source-layout"),
    });
    refuseSourceAsTarget(source, target.path);
    if (source.top.image?.needsCheck && !args.has("quiet")) {
      io.printError(
        "qed convert: The source was not closed cleanly; 'qed check' finds out whether it is good",
      );
    }
    using progress = new Progress(io, {
      isWanted: args.has("progress"),
      isQuiet: args.has("quiet"),
    });
    const isDurable = args.value("cache") !== "unsafe";
    const fill = async (storage: FileStorage) => {
      const writer = target.format === "qed"
        ? qedWriter(storage, { ...target.options, imageBytes: source.guestBytes })
        : rawWriter(storage, source.guestBytes);
      await copyDisk(source, { ...writer, onBlock: listener(source, progress, io) });
      writer.close();
    };
    await writeFresh(target.path, io, fill, { isDurable });
    return 0;
  },
});

/** The target to write. */
interface Target {
  readonly path: string;
  readonly format: ImageFormat;
  readonly options: Omit<CreateOptions, "imageBytes">;
}

function planTarget(args: ParsedArgs): Target {
  const format = args.choice("output-format", IMAGE_FORMATS) ?? "raw";
  const { clusterBytes, tableClusters, ...other } = parseCreationOptions(args);
  const unusable = Object.keys(other)[0];
  if (unusable) {
    throw new UsageError(
      "-o: size and backing_file cannot be set: the target has the source's size and no backing file",
    );
  }
  const options = {
    ...(clusterBytes !== undefined && { clusterBytes }),
    ...(tableClusters !== undefined && { tableClusters }),
    ...layoutOption(args),
  };
  if (format === "raw" && Object.keys(options).length > 0) {
    throw new UsageError("cluster_size, table_size and --layout need -O qed");
  }
  return { path: args.operand("TARGET"), format, options };
}

function refuseSourceAsTarget(source: ImageChain, path: string): void {
  const identity = fileIdentity(path);
  const same = source.layers.find((layer) => layer.storage.identity === identity);
  if (!same) return;
  throw new HostError(
    same === source.top
      ? `'${path}' is the source itself`
      : `'${path}' is in the backing chain of the source`,
  );
}

function listener(source: ImageChain, progress: Progress, io: Io) {
  const total = Number(source.guestBytes);
  let turnBytes = 0n;
  return async (doneBytes: bigint) => {
    progress.update(Number(doneBytes), total);
    if (doneBytes < turnBytes) return;
    turnBytes = doneBytes + TURN_BYTES;
    await io.turn();
  };
}
