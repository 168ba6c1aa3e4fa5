import { ImageChain } from "../../../lib/chain/mod.ts";
import { assertInside, discardImage } from "../../../lib/qed/mod.ts";
import { type Command, defineCommand } from "../../kit/command.ts";
import {
  FORMAT,
  formatOption,
  LAYOUT,
  layoutOption,
  PROFILE,
  profileOption,
} from "../common_options.ts";
import { inPieces } from "../guest_ranges.ts";
import { InPlace } from "../in_place.ts";
import { parseSize } from "../../kit/sizes.ts";

/** `qed discard`: a range that the guest does not need any more. */
export const discard: Command = defineCommand({
  name: "discard",
  summary: "drop what the guest's disk holds in a range",
  operands: [{ name: "IMAGE" }, { name: "OFFSET" }, { name: "LENGTH" }],
  options: [FORMAT, LAYOUT, PROFILE],
  notes: "Whole clusters that the image holds in the range are given back and read as zeroes\n" +
    "afterwards, and so are those whose other part is zero already; parts of others, and what\n" +
    "is left to a backing file, stay as they are. To have all of a range read as zeroes use\n" +
    "'qed write -z'. A cluster that is given back in front of others is a leak for a check\n" +
    "from then on; 'qed check -r leaks' or 'qed defragment' makes the file shorter. (QEMU's\n" +
    "driver takes the request and does nothing.)",
  exitCodes: [[0, "discarded"], [1, "the image could not be opened or written"]],
  examples: [
    ["disk.qed 1G 512M", "half a gibibyte"],
    ["disk.qed 0 64k", "a cluster"],
  ],
  async run(args, io) {
    const path = args.operand("IMAGE");
    const offset = parseSize(args.operand("OFFSET"), "OFFSET");
    const length = parseSize(args.operand("LENGTH"), "LENGTH");
    const options = { ...formatOption(args), ...layoutOption(args), ...profileOption(args) };
    {
      // Read-only first: what does not fit must not even repair the image.
      using chain = ImageChain.open(path, options);
      void chain.image;
      assertInside(offset, length, chain.guestBytes);
    }
    using chain = ImageChain.open(path, { ...options, writable: true });
    using change = new InPlace(io, {
      command: "discard",
      chain,
      advice: "Run the same command again to go on.",
    });
    await inPieces(offset, length, async (at, pieceBytes) => {
      chain.run(discardImage(chain.image, at, pieceBytes));
      await change.pause();
    });
    chain.flush();
    chain.close();
    return 0;
  },
});
