import { ImageChain } from "../../../lib/chain/mod.ts";
import { ImageError } from "../../../lib/qed/mod.ts";
import { type Command, defineCommand } from "../../kit/command.ts";
import {
  FORMAT,
  formatOption,
  LAYOUT,
  layoutOption,
  QUIET,
  refuseUnnamedRaw,
} from "../common_options.ts";
import { parseSize } from "../../kit/sizes.ts";

/** `qed resize`: another size for the guest's disk. */
export const resize: Command = defineCommand({
  name: "resize",
  summary: "make the guest's disk larger, or smaller where nothing is lost",
  operands: [{ name: "IMAGE" }, { name: "[+|-]SIZE", isSigned: true }],
  options: [
    FORMAT,
    { long: "shrink", help: "allow a smaller size" },
    QUIET,
    LAYOUT,
  ],
  notes: "With + or - SIZE is the difference. What is added reads as zeroes, also over a longer\n" +
    "backing file. A QED image is not made smaller if clusters past the new end hold data;\n" +
    "of a raw image --shrink cuts off whatever is there.",
  exitCodes: [[0, "resized"], [1, "not resized; the guest's disk is as it was"]],
  examples: [
    ["disk.qed 40G", "40 GiB"],
    ["disk.qed +512M", "half a gibibyte more"],
    ["--shrink disk.qed -1G", "a gibibyte less, if it is empty"],
  ],
  run(args, io) {
    const path = args.operand("IMAGE");
    const text = args.operand("[+|-]SIZE");
    const options = { ...formatOption(args), ...layoutOption(args) };
    const wantedOf = (bytes: bigint) => {
      const size = parseSize(text.replace(/^[+-]/, ""), "SIZE");
      return text.startsWith("+") ? bytes + size : text.startsWith("-") ? bytes - size : size;
    };
    const shrink = args.has("shrink");
    {
      // Read-only first: what cannot be must not even repair the image.
      using chain = ImageChain.open(path, options);
      const wanted = wantedOf(chain.guestBytes);
      if (wanted < 0n) throw new ImageError(`'${path}' has ${chain.guestBytes} bytes only`);
      refuseUnnamedRaw(chain, args);
      if (wanted < chain.guestBytes && !shrink) {
        throw new ImageError(
          `${wanted} bytes are fewer than the ${chain.guestBytes} that '${path}' has; ` +
            "to make it smaller, use --shrink",
        );
      }
    }
    using chain = ImageChain.open(path, { ...options, writable: true });
    chain.resize(wantedOf(chain.guestBytes), { shrink });
    chain.close();
    if (!args.has("quiet")) io.print("Image resized.\n");
    return 0;
  },
});
