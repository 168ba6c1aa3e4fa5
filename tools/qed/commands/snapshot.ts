import { createOverlay, ImageChain } from "../../../lib/chain/mod.ts";
import { type Command, defineCommand } from "../../kit/command.ts";
import {
  CREATION_OPTIONS,
  FORMAT,
  formatOption,
  layoutOption,
  NEW_LAYOUT,
  QUIET,
  refuseUnnamedRaw,
} from "../common_options.ts";
import {
  creationOptionsHelp,
  parseCreationOptions,
  wantsCreationHelp,
} from "../creation_options.ts";
import { UsageError } from "../../kit/usage_error.ts";

/** `qed snapshot`: a new overlay. */
export const snapshot: Command = defineCommand({
  name: "snapshot",
  summary: "begin a new overlay on an image, which stays as it is from then on",
  operands: [{ name: "IMAGE" }, { name: "OVERLAY" }],
  options: [
    FORMAT,
    CREATION_OPTIONS,
    { ...NEW_LAYOUT, help: "header layout of the overlay: final (QEMU's, the default) or rfc" },
    QUIET,
  ],
  notes:
    "Use OVERLAY from then on: writes go there, and IMAGE keeps what was there before. To take\n" +
    "the changes back remove OVERLAY; to keep them, 'qed commit OVERLAY'. Nothing is ever\n" +
    "overwritten. The name of IMAGE is stored relative to OVERLAY's folder, unless it is an\n" +
    "absolute one. A raw IMAGE must be named as such (-f raw), and will never be probed.",
  exitCodes: [[0, "created"], [1, "not created; nothing has changed"]],
  examples: [
    ["disk.qed monday.qed", "monday.qed is a disk like disk.qed, to be written"],
    ["-f raw disk.raw disk.qed", "over a raw image"],
  ],
  run(args, io) {
    if (wantsCreationHelp(args)) {
      io.print(creationOptionsHelp());
      return 0;
    }
    const { clusterBytes, tableClusters, ...other } = parseCreationOptions(args);
    if (Object.keys(other).length > 0) {
      throw new UsageError(
        "-o: size and backing_file cannot be set: the overlay has the size of IMAGE, its backing file",
      );
    }
    using chain = ImageChain.open(args.operand("IMAGE"), formatOption(args));
    refuseUnnamedRaw(chain, args);
    const overlay = args.operand("OVERLAY");
    createOverlay(overlay, chain, {
      ...(clusterBytes !== undefined && { clusterBytes }),
      ...(tableClusters !== undefined && { tableClusters }),
      ...layoutOption(args),
    });
    if (!args.has("quiet")) io.print(`'${overlay}' is an overlay of '${chain.top.path}' now.\n`);
    return 0;
  },
});
