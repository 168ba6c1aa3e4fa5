import { ImageChain } from "../../../lib/chain/mod.ts";
import { upgradeLayout } from "../../../lib/qed/mod.ts";
import { type Command, defineCommand } from "../../kit/command.ts";
import { FORMAT, formatOption, LAYOUT, layoutOption, QUIET } from "../common_options.ts";

/** `qed upgrade`: an image of 2010 for the programs that came after. */
export const upgrade: Command = defineCommand({
  name: "upgrade",
  summary: "turn an image of the layout of 2010 (rfc) into one that QEMU opens",
  operands: [{ name: "IMAGE" }],
  options: [FORMAT, QUIET, LAYOUT],
  notes:
    "Only the first sector of the header is written. The tables are checked before, for what\n" +
    "is wrong in them could come to mean something else. 'qed info' shows the layout of an image.\n" +
    "An image that could be of either layout needs --layout rfc.",
  exitCodes: [[0, "it has the final layout now, or had it before"], [1, "not changed"]],
  examples: [
    ["2010.qed", "in place"],
    ["--layout rfc old.qed", "an image that could be of either layout"],
  ],
  run(args, io) {
    const path = args.operand("IMAGE");
    const options = { ...formatOption(args), ...layoutOption(args) };
    {
      using chain = ImageChain.open(path, { ...options, withoutBacking: true });
      if (chain.image.header.layout === "final") {
        if (!args.has("quiet")) io.print(`'${path}' has the final layout already.\n`);
        return 0;
      }
    }
    using chain = ImageChain.open(path, { ...options, writable: true, withoutBacking: true });
    chain.run(upgradeLayout(chain.image));
    chain.close();
    if (!args.has("quiet")) io.print("Image upgraded to the final layout.\n");
    return 0;
  },
});
