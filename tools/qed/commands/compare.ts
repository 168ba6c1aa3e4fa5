import {
  describeError,
  type Difference,
  findDifference,
  ImageChain,
} from "../../../lib/chain/mod.ts";
import { FormatError } from "../../../lib/qed/mod.ts";
import { StorageError } from "../../../lib/storage/mod.ts";
import { type Command, defineCommand } from "../../kit/command.ts";
import {
  FORCE_SHARE,
  FORMAT,
  formatOption,
  PROGRESS,
  QUIET,
  shareOption,
} from "../common_options.ts";
import { Progress } from "../../kit/progress.ts";

/** The codes of `qemu-img compare`. */
const CODES = { same: 0, different: 1, failed: 2, badTable: 3, unreadable: 4 } as const;

/** `qed compare`: whether two images hold the same disk. */
export const compare: Command = defineCommand({
  name: "compare",
  summary: "compare the contents of two images",
  operands: [{ name: "IMAGE1" }, { name: "IMAGE2" }],
  options: [
    { ...FORMAT, help: "format of the first image, qed or raw; found out if not given" },
    {
      ...FORMAT,
      short: "F",
      long: "second-format",
      help: "format of the second image, qed or raw; found out if not given",
    },
    { short: "s", long: "strict", help: "sizes, and what is stored as what, must be equal too" },
    PROGRESS,
    QUIET,
    FORCE_SHARE,
  ],
  notes: "A longer image is equal if what it has more reads as zeroes, unless -s is given.",
  exitCodes: [
    [CODES.same, "the images are identical"],
    [CODES.different, "they differ"],
    [CODES.failed, "one of them could not be opened, or wrong usage"],
    [CODES.badTable, "one has a table entry that is wrong"],
    [CODES.unreadable, "one could not be read"],
  ],
  examples: [
    ["disk.raw disk.qed", "contents"],
    ["-q -f raw -F qed disk.raw disk.qed", "for scripts: look at the exit code"],
  ],
  failureCode: CODES.failed,
  run(args, io) {
    const share = shareOption(args);
    using first = ImageChain.open(args.operand("IMAGE1"), { ...formatOption(args), ...share });
    using second = ImageChain.open(args.operand("IMAGE2"), {
      ...formatOption(args, "second-format"),
      ...share,
    });
    const isQuiet = args.has("quiet");
    const say = (text: string) => isQuiet ? undefined : io.print(`${text}\n`);
    const [shorter, longer] = inOrder(first.guestBytes, second.guestBytes);
    if (shorter !== longer && args.has("strict")) {
      say("Strict mode: Image size mismatch!");
      return CODES.different;
    }
    using progress = new Progress(io, { isWanted: args.has("progress"), isQuiet });
    let difference: Difference | undefined;
    try {
      difference = findDifference(first, second, {
        isStrict: args.has("strict"),
        onBlock: (done) => progress.update(Number(done), Number(longer)),
      });
    } catch (error) {
      if (!(error instanceof FormatError || error instanceof StorageError)) throw error;
      io.printError(`qed compare: ${describeError(error)}`);
      return error instanceof FormatError ? CODES.badTable : CODES.unreadable;
    }
    if (shorter !== longer && (difference?.offsetBytes ?? longer) >= shorter) {
      say("Warning: Image size mismatch!");
    }
    say(difference ? describe(difference) : "Images are identical.");
    return difference ? CODES.different : CODES.same;
  },
});

function describe({ kind, offsetBytes }: Difference): string {
  return kind === "content"
    ? `Content mismatch at offset ${offsetBytes}!`
    : `Strict mode: Offset ${offsetBytes} block status mismatch!`;
}

function inOrder(a: bigint, b: bigint): [bigint, bigint] {
  return a < b ? [a, b] : [b, a];
}
