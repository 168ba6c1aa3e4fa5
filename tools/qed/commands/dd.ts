import {
  dataRanges,
  ExtentWalker,
  fileIdentity,
  HostError,
  IMAGE_FORMATS,
  ImageChain,
} from "../../../lib/chain/mod.ts";
import { SECTOR_BYTES } from "../../../lib/storage/sector.ts";
import { type Command, defineCommand } from "../../kit/command.ts";
import { FORCE_SHARE, FORMAT, formatOption, shareOption } from "../common_options.ts";
import { type DiskWriter, qedWriter, rawWriter } from "../disk_writer.ts";
import { didYouMean } from "../../kit/nearest.ts";
import type { ParsedArgs } from "../../kit/parsed_args.ts";
import { parseSize } from "../../kit/sizes.ts";
import { UsageError } from "../../kit/usage_error.ts";
import { writeFresh } from "../write_fresh.ts";

const KEYS = ["if", "of", "bs", "count", "skip"] as const;
const DEFAULT_BLOCK_BYTES = 512n;
const MAX_BLOCK_BYTES = 2n ** 31n - 1n;
/** The size of a copy, in bytes. */
const PIECE_BYTES = 1 << 20;

/** `qed dd`: a part of a disk as a new image. */
export const dd: Command = defineCommand({
  name: "dd",
  summary: "copy a part of a disk into a new image, in the words of dd(1)",
  operands: [{ name: "KEY=VALUE", isOptional: true, isRepeatable: true }],
  options: [
    { ...FORMAT, help: "format of the input, qed or raw; found out if not given" },
    {
      short: "O",
      long: "output-format",
      value: "FMT",
      choices: IMAGE_FORMATS,
      help: "format of the output, qed or raw (the default, as with qemu-img)",
    },
    FORCE_SHARE,
  ],
  notes: "  if=FILE      input image\n" +
    "  of=FILE      output image, which is replaced when it is complete\n" +
    "  bs=SIZE      what count and skip count; 512 if not given\n" +
    "  count=N      how many of those to copy; all if not given\n" +
    "  skip=N       how many of those to leave out at the start of the input\n" +
    "\n" +
    "The output is as large as what is copied, rounded up to whole sectors. Zeroes are not\n" +
    "stored. As with dd(1), count says how much is copied, whatever skip is.",
  exitCodes: [[0, "copied"], [1, "not copied; what had the output's name is still there"]],
  examples: [
    ["if=disk.qed of=boot.raw count=1", "the first sector"],
    ["-O qed if=disk.raw of=part.qed bs=1M skip=1 count=512", "a partition"],
  ],
  async run(args, io) {
    const wanted = parseOperands(args);
    using source = ImageChain.open(wanted.input, { ...formatOption(args), ...shareOption(args) });
    refuseSourceAsTarget(source, wanted.output);
    const range = rangeOf(source, wanted);
    if (range.isPastEnd) io.printError(`qed dd: ${wanted.input}: cannot skip to specified offset`);
    const sector = BigInt(SECTOR_BYTES);
    const imageBytes = (range.end - range.start + sector - 1n) / sector * sector;
    await writeFresh(wanted.output, io, async (storage) => {
      const writer = args.value("output-format") === "qed"
        ? qedWriter(storage, { imageBytes })
        : rawWriter(storage, imageBytes);
      await copyRange(source, writer, { ...range, turn: () => io.turn() });
      writer.close();
    });
    return 0;
  },
});

/** The values of the operands. */
interface Wanted {
  readonly input: string;
  readonly output: string;
  readonly blockBytes: bigint;
  readonly count: bigint | undefined;
  readonly skip: bigint;
}

function parseOperands(args: ParsedArgs): Wanted {
  const given = new Map<string, string>();
  for (const text of args.operands("KEY=VALUE")) {
    const [, key, value] = /^([^=]*)=(.*)$/s.exec(text) ?? [undefined, text, ""];
    if (!KEYS.some((known) => known === key)) {
      throw new UsageError(
        `unknown operand '${key}='${didYouMean(`${key}=`, KEYS.map((known) => `${known}=`))}`,
      );
    }
    if (value === "") throw new UsageError(`operand '${key}=' needs a value`);
    if (given.has(key)) throw new UsageError(`operand '${key}=' cannot be given more than once`);
    given.set(key, value);
  }
  const input = given.get("if");
  const output = given.get("of");
  if (input === undefined || output === undefined) {
    throw new UsageError(`missing operand ${input === undefined ? "if=" : "of="}FILE`);
  }
  const number = (key: string) => {
    const text = given.get(key);
    return text === undefined ? undefined : parseSize(text, `${key}=`);
  };
  const blockBytes = number("bs") ?? DEFAULT_BLOCK_BYTES;
  if (blockBytes < 1n || blockBytes > MAX_BLOCK_BYTES) {
    throw new UsageError(`bs= must be from 1 to ${MAX_BLOCK_BYTES}`);
  }
  return { input, output, blockBytes, count: number("count"), skip: number("skip") ?? 0n };
}

/** A range of the input's disk, in bytes. */
interface Range {
  readonly start: bigint;
  readonly end: bigint;
}

function rangeOf(source: ImageChain, wanted: Wanted): Range & { readonly isPastEnd: boolean } {
  const { blockBytes, count, skip } = wanted;
  const { guestBytes } = source;
  const skipped = skip * blockBytes;
  const start = skipped < guestBytes ? skipped : guestBytes;
  const asked = count === undefined ? guestBytes : start + count * blockBytes;
  return { start, end: asked < guestBytes ? asked : guestBytes, isPastEnd: skipped > guestBytes };
}

function refuseSourceAsTarget(source: ImageChain, path: string): void {
  const identity = fileIdentity(path);
  if (source.layers.every(({ storage }) => storage.identity !== identity)) return;
  throw new HostError(`'${path}' is in the backing chain of the input, or the input itself`);
}

/** Copy a range to the start of a new disk; what is zero is left out. */
async function copyRange(
  source: ImageChain,
  writer: DiskWriter,
  { start, end, turn }: Range & { readonly turn: () => Promise<void> },
): Promise<void> {
  const buffer = new Uint8Array(Math.max(PIECE_BYTES, writer.unitBytes));
  using walker = new ExtentWalker(source);
  for (let at = start; at < end;) {
    const extent = walker.next(at);
    if (!extent) return;
    const extentEnd = at + extent.lengthBytes;
    // Where the next unit of the target starts: what is skipped or read ends at one of these.
    const unit = BigInt(writer.unitBytes);
    const whole = start + (extentEnd - start) / unit * unit;
    if (extent.zero && (whole > at || extentEnd >= end)) {
      at = extentEnd >= end ? end : whole;
      continue;
    }
    const left = end - at;
    const length = left < BigInt(buffer.length) ? Number(left) : buffer.length;
    const bytes = buffer.subarray(0, length);
    source.read(at, bytes);
    for (const run of dataRanges(bytes, writer.unitBytes)) {
      writer.write(at - start + BigInt(run.start), bytes.subarray(run.start, run.end));
    }
    at += BigInt(length);
    await turn();
  }
}
