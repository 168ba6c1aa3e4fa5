import { backingName, ImageChain, streamChain } from "../../../lib/chain/mod.ts";
import { baseDepthOf } from "../chain_depth.ts";
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
import { Progress } from "../../kit/progress.ts";

/** `qed stream`: an overlay that needs its backing file no more. */
export const stream: Command = defineCommand({
  name: "stream",
  summary: "copy what the backing files hold into the image, and do without them",
  operands: [{ name: "IMAGE" }],
  options: [
    FORMAT,
    {
      short: "b",
      long: "base",
      value: "FILE",
      help: "stop at this file of the backing chain: it stays the backing file",
    },
    PROGRESS,
    QUIET,
    LAYOUT,
    PROFILE,
  ],
  notes:
    "The guest sees the same before, meanwhile and after. The backing files are not written,\n" +
    "and not needed by this image any more afterwards. Zeroes are not copied where they need\n" +
    "not be. (In QEMU this is the monitor's block-stream, or rebase -b ''.)",
  exitCodes: [[0, "streamed"], [1, "not streamed to the end; the guest sees what it saw"]],
  examples: [
    ["overlay.qed", "an image that stands by itself"],
    ["--base base.raw top.qed", "leave out the images between top.qed and base.raw"],
  ],
  async run(args, io) {
    const path = args.operand("IMAGE");
    const options = { ...formatOption(args), ...layoutOption(args), ...profileOption(args) };
    const basePath = args.value("base");
    const depth = baseDepthOf(path, options, basePath);
    using chain = ImageChain.open(path, { ...options, writable: true });
    using change = new InPlace(io, {
      command: "stream",
      chain,
      advice: "It still has its backing file. Run the same command again to go on.",
    });
    using progress = new Progress(io, {
      isWanted: args.has("progress"),
      isQuiet: args.has("quiet"),
    });
    await streamChain(chain, {
      ...(basePath !== undefined && { base: { depth, reference: referenceTo(chain, depth) } }),
      turn: change.turn,
      onProgress: (done, total) => progress.update(Number(done), Number(total)),
    });
    chain.close();
    if (!args.has("quiet")) io.print("Image streamed.\n");
    return 0;
  },
});

/** The name and format for the image's header of a file of its chain that becomes the backing file. */
function referenceTo(chain: ImageChain, depth: number) {
  const { path, format } = chain.layers[depth];
  return { name: backingName(chain.top.path, path), isRaw: format === "raw" };
}
