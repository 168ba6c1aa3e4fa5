import { commitChain, ImageChain } from "../../../lib/chain/mod.ts";
import { baseDepthOf } from "../chain_depth.ts";
import { type Command, defineCommand } from "../../kit/command.ts";
import { FORMAT, formatOption, LAYOUT, layoutOption, PROGRESS, QUIET } from "../common_options.ts";
import { InPlace } from "../in_place.ts";
import { Progress } from "../../kit/progress.ts";

/** `qed commit`: an overlay's changes into its backing file. */
export const commit: Command = defineCommand({
  name: "commit",
  summary: "store what an overlay holds in its backing file, and empty it",
  operands: [{ name: "IMAGE" }],
  options: [
    FORMAT,
    {
      short: "b",
      long: "base",
      value: "FILE",
      help: "a file deeper in the backing chain to store it in; implies -d",
    },
    { short: "d", long: "keep", help: "do not empty the image afterwards" },
    PROGRESS,
    QUIET,
    LAYOUT,
  ],
  notes:
    "The backing file, qed or raw, grows if the image is larger. It is durable before anything\n" +
    "is dropped from the image, so nothing can be lost. Other overlays of the backing file see\n" +
    "the changes too, which spoils them. With -b the images in between are of no further use.",
  exitCodes: [[0, "committed"], [1, "not committed; the guest of the image sees what it saw"]],
  examples: [
    ["overlay.qed", "into its backing file"],
    ["-b base.raw top.qed", "into the lowest file of a chain"],
  ],
  async run(args, io) {
    const path = args.operand("IMAGE");
    const options = { ...formatOption(args), ...layoutOption(args) };
    const basePath = args.value("base");
    const keepsImage = args.has("keep") || basePath !== undefined;
    const baseDepth = baseDepthOf(path, options, basePath);
    using chain = ImageChain.open(path, {
      ...options,
      writable: !keepsImage,
      writableDepth: baseDepth,
    });
    using change = new InPlace(io, {
      command: "commit",
      chain,
      advice: "Run the same command again to go on.",
    });
    using progress = new Progress(io, {
      isWanted: args.has("progress"),
      isQuiet: args.has("quiet"),
    });
    await commitChain(chain, {
      baseDepth,
      keepsImage,
      turn: change.turn,
      onProgress: (done, total) => progress.update(Number(done), Number(total)),
    });
    chain.close();
    if (!args.has("quiet")) io.print("Image committed.\n");
    return 0;
  },
});
