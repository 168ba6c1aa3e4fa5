import { ImageChain, runInTurns } from "../../../lib/chain/mod.ts";
import { defragmentImage } from "../../../lib/qed/mod.ts";
import { type Command, defineCommand } from "../../kit/command.ts";
import {
  FORMAT,
  formatOption,
  LAYOUT,
  layoutOption,
  OUTPUT,
  PROGRESS,
  QUIET,
} from "../common_options.ts";
import { InPlace } from "../in_place.ts";
import { formatJson } from "../../kit/json.ts";
import { Progress } from "../../kit/progress.ts";
import { formatSize } from "../../kit/sizes.ts";

/** `qed defragment`: the clusters of a file in the order of the guest's disk. */
export const defragment: Command = defineCommand({
  name: "defragment",
  summary: "bring a file into the order in which a guest reads, and cut off what is unused",
  operands: [{ name: "IMAGE" }],
  options: [FORMAT, OUTPUT, QUIET, PROGRESS, LAYOUT],
  notes:
    "Each L2 table comes to stand before its clusters, all in the order of the guest's disk;\n" +
    "what nothing refers to is gone, and the file is as short as it can be. A damaged image is\n" +
    "refused: see 'qed check -r all'.",
  exitCodes: [[0, "in order"], [1, "not finished; the guest's disk is as it was"]],
  examples: [["-p disk.qed", "with progress"], ["--output=json disk.qed", "for programs"]],
  async run(args, io) {
    const path = args.operand("IMAGE");
    const options = { ...formatOption(args), ...layoutOption(args), withoutBacking: true };
    {
      using chain = ImageChain.open(path, options);
      void chain.image;
    }
    using chain = ImageChain.open(path, { ...options, writable: true });
    using change = new InPlace(io, {
      command: "defragment",
      chain,
      advice: "Run the same command again to go on.",
    });
    using progress = new Progress(io, {
      isWanted: args.has("progress"),
      isQuiet: args.has("quiet"),
    });
    const operation = defragmentImage(chain.image, {
      progress: (done, total) => progress.update(done, total),
    });
    const result = await runInTurns(operation, chain.files, change.turn);
    chain.close();
    if (args.value("output") === "json") {
      io.print(`${
        formatJson({
          "moved-clusters": result.movedClusters,
          "fragmented-clusters-before": result.fragmentedBefore,
          "fragmented-clusters": result.fragmentedAfter,
          "file-size-before": result.fileBytesBefore,
          "file-size": result.fileBytesAfter,
        })
      }\n`);
    } else if (!args.has("quiet")) {
      io.print(
        `${result.movedClusters} clusters moved; fragmented: ${result.fragmentedBefore} before, ` +
          `${result.fragmentedAfter} now; file: ${formatSize(result.fileBytesBefore)} before, ` +
          `${formatSize(result.fileBytesAfter)} now.\n`,
      );
    }
    return 0;
  },
});
