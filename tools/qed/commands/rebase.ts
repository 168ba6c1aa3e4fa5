import {
  assertNoLoop,
  backingPath,
  describeError,
  HostError,
  IMAGE_FORMATS,
  ImageChain,
  type ImageFormat,
  rebaseChain,
  type RebaseTarget,
  renameBacking,
} from "../../../lib/chain/mod.ts";
import { type Command, defineCommand } from "../../kit/command.ts";
import {
  FORMAT,
  formatOption,
  LAYOUT,
  layoutOption,
  PROFILE,
  profileOption,
  PROGRESS,
  QUIET,
} from "../common_options.ts";
import { InPlace } from "../in_place.ts";
import type { Io } from "../../kit/io.ts";
import type { ParsedArgs } from "../../kit/parsed_args.ts";
import { Progress } from "../../kit/progress.ts";
import { UsageError } from "../../kit/usage_error.ts";

/** `qed rebase`: another backing file. */
export const rebase: Command = defineCommand({
  name: "rebase",
  summary: "give an image another backing file, or none",
  operands: [{ name: "IMAGE" }],
  options: [
    FORMAT,
    {
      short: "b",
      long: "backing",
      value: "FILE",
      mayBeEmpty: true,
      help: "new backing file, a relative name starts from the image's folder; '' for none",
    },
    {
      short: "F",
      long: "backing-format",
      value: "FMT",
      choices: IMAGE_FORMATS,
      help: "format of the new backing file, qed or raw",
    },
    { short: "u", long: "unsafe", help: "change the name only, and look at no backing file" },
    PROGRESS,
    QUIET,
    LAYOUT,
    PROFILE,
  ],
  notes:
    "The guest sees the same before and after: what the image leaves to its backing file and\n" +
    "reads differently through the new one is copied into the image first. With -u nothing is\n" +
    "copied: for a backing file that was moved or renamed, and good for nothing else.",
  exitCodes: [[0, "rebased"], [1, "not rebased; the guest sees what it saw"]],
  examples: [
    ["-b new.qed -F qed overlay.qed", "onto another backing file"],
    ["-b '' overlay.qed", "do without a backing file"],
    ["-u -b moved/base.raw -F raw overlay.qed", "the same file under another name"],
  ],
  async run(args, io) {
    const path = args.operand("IMAGE");
    const name = args.value("backing");
    if (name === undefined && !args.has("unsafe")) {
      throw new UsageError("-b FILE or -u must be given");
    }
    const format = args.choice("backing-format", IMAGE_FORMATS);
    if (!name && format) {
      throw new UsageError("-F needs -b FILE");
    }
    const reference = name ? { name, isRaw: format === "raw" } : undefined;
    if (reference && !format) {
      throw new UsageError(
        `Could not change the backing file to '${name}': backing format must be specified (-F)`,
      );
    }
    const options = { ...formatOption(args), ...layoutOption(args), ...profileOption(args) };
    if (args.has("unsafe")) {
      {
        using chain = ImageChain.open(path, { ...options, withoutBacking: true });
        void chain.image;
      }
      using chain = ImageChain.open(path, { ...options, writable: true, withoutBacking: true });
      renameBacking(chain, reference);
      chain.close();
      return 0;
    }
    if (!reference) return await rebaseTo(undefined, args, io);
    using backing = openBehind(path, reference.name, format);
    return await rebaseTo({ reference, backing }, args, io);
  },
});

function openBehind(
  path: string,
  name: string,
  format: ImageFormat | undefined,
): ImageChain {
  try {
    return ImageChain.open(backingPath(path, name), format ? { format } : {});
  } catch (error) {
    throw new HostError(`Could not open new backing file '${name}': ${describeError(error)}`, {
      cause: error,
    });
  }
}

async function rebaseTo(
  target: RebaseTarget | undefined,
  args: ParsedArgs,
  io: Io,
): Promise<number> {
  const path = args.operand("IMAGE");
  const options = { ...formatOption(args), ...layoutOption(args), ...profileOption(args) };
  const open = (writable: boolean) => {
    const how = { ...options, writable };
    return target ? target.backing.openBeside(path, how) : ImageChain.open(path, how);
  };
  {
    // Read-only first: what cannot be rebased is not even repaired.
    using chain = open(false);
    void chain.image;
    if (target) assertNoLoop(chain, target.backing);
  }
  using chain = open(true);
  using change = new InPlace(io, {
    command: "rebase",
    chain,
    advice: "It has its old backing file. Run the same command again to go on.",
  });
  using progress = new Progress(io, {
    isWanted: args.has("progress"),
    isQuiet: args.has("quiet"),
  });
  await rebaseChain(chain, target, {
    turn: change.turn,
    onProgress: (done, total) => progress.update(Number(done), Number(total)),
  });
  chain.close();
  return 0;
}
