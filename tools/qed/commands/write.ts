import { Buffer } from "node:buffer";
import { HostError, ImageChain, openRegularFile } from "../../../lib/chain/mod.ts";
import { assertInside, ImageError, writeZeroes } from "../../../lib/qed/mod.ts";
import type { FileStorage } from "../../../lib/storage/mod.ts";
import { type Command, defineCommand } from "../../kit/command.ts";
import {
  FORMAT,
  formatOption,
  LAYOUT,
  layoutOption,
  PROFILE,
  profileOption,
  refuseUnnamedRaw,
} from "../common_options.ts";
import { inPieces } from "../guest_ranges.ts";
import { InPlace } from "../in_place.ts";
import type { Io } from "../../kit/io.ts";
import type { ParsedArgs } from "../../kit/parsed_args.ts";
import { parseByte, parseSize } from "../../kit/sizes.ts";
import { UsageError } from "../../kit/usage_error.ts";

const BLOCK_BYTES = 1 << 20;
/** The most bytes that are read from a pipe, whose length is unknown before its end. */
const MAX_INPUT_BYTES = 1 << 30;

/** `qed write`: bytes onto the guest's disk. */
export const write: Command = defineCommand({
  name: "write",
  summary: "store bytes on the guest's disk at an offset",
  operands: [{ name: "IMAGE" }, { name: "OFFSET" }, { name: "FILE", isOptional: true }],
  options: [
    FORMAT,
    {
      short: "P",
      long: "pattern",
      value: "BYTE",
      help: "write this byte over and over; needs --length",
    },
    {
      short: "z",
      long: "zero",
      help: "write zeroes, as marks where the format has them; needs --length",
    },
    {
      short: "l",
      long: "length",
      value: "LENGTH",
      help: "how much to write; all of FILE if not given",
    },
    LAYOUT,
    PROFILE,
  ],
  notes:
    "The bytes come from FILE, from standard input if FILE is - or missing, or are a pattern\n" +
    "or zeroes, which take no space in whole clusters of a QED image (see also discard).\n" +
    "They are durable, and the image is clean, when the command ends. A raw image must be\n" +
    "named as such (-f raw): what a guest writes can make it look like another format.",
  exitCodes: [[0, "written"], [1, "the image could not be opened or written"]],
  examples: [
    ["disk.qed 1M boot.bin", "a file"],
    ["disk.qed 0 --pattern 0xff --length 64k", "64 KiB of one byte"],
    ["-z disk.qed 1G --length 512M", "half a gibibyte of zeroes"],
    ["disk.qed 4k - <boot.bin", "from a pipe"],
  ],
  async run(args, io) {
    const path = args.operand("IMAGE");
    const offset = parseSize(args.operand("OFFSET"), "OFFSET");
    const options = { ...formatOption(args), ...layoutOption(args), ...profileOption(args) };
    using source = openSource(args, io);
    {
      // Read-only first: what does not fit must not even repair the image.
      using chain = ImageChain.open(path, options);
      assertInside(offset, source.lengthBytes, chain.guestBytes);
      refuseUnnamedRaw(chain, args);
      if (source.isIn(chain)) throw new ImageError(`'${path}' would be written onto itself`);
    }
    using chain = ImageChain.open(path, { ...options, writable: true });
    using change = new InPlace(io, {
      command: "write",
      chain,
      advice: "Run the same command again to write the rest.",
    });
    if (args.has("zero") && chain.top.image) {
      await zeroRange(chain, { offset, length: source.lengthBytes, change });
    } else {
      for (let done = 0n; done < source.lengthBytes;) {
        const bytes = source.read(done);
        chain.write(offset + done, bytes);
        done += BigInt(bytes.length);
        await change.pause();
      }
    }
    chain.flush();
    chain.close();
    return 0;
  },
});

async function zeroRange(
  chain: ImageChain,
  range: { readonly offset: bigint; readonly length: bigint; readonly change: InPlace },
): Promise<void> {
  await inPieces(range.offset, range.length, async (at, lengthBytes) => {
    chain.run(writeZeroes(chain.image, at, lengthBytes));
    await range.change.pause();
  });
}

/** Where the bytes come from. */
interface Source extends Disposable {
  readonly lengthBytes: bigint;
  /** The next bytes, `done` bytes from the start; at least one, while some are left. */
  read(done: bigint): Uint8Array;
  /** Whether they come from a file of the chain. */
  isIn(chain: ImageChain): boolean;
}

function openSource(args: ParsedArgs, io: Io): Source {
  const isZero = args.has("zero");
  const pattern = isZero ? "0" : args.value("pattern");
  const lengthText = args.value("length");
  const file = args.optionalOperand("FILE");
  const length = lengthText === undefined ? undefined : parseSize(lengthText, "--length");
  if (pattern !== undefined) {
    const name = isZero ? "--zero" : "--pattern";
    if (file !== undefined || (isZero && args.value("pattern") !== undefined)) {
      throw new UsageError("FILE, --pattern and --zero cannot be combined");
    }
    if (length === undefined) throw new UsageError(`${name} needs --length`);
    return patternSource(parseByte(pattern, "--pattern"), length);
  }
  return file === undefined || file === "-"
    ? inputSource(io, length)
    : new FileSource(file, length);
}

function patternSource(byte: number, lengthBytes: bigint): Source {
  const block = new Uint8Array(BLOCK_BYTES).fill(byte);
  return {
    lengthBytes,
    read: (done) => block.subarray(0, Number(least(lengthBytes - done, BigInt(BLOCK_BYTES)))),
    isIn: () => false,
    [Symbol.dispose]: () => {},
  };
}

/** All of standard input, or the start of it: only at its end is it known whether it fits. */
function inputSource(io: Io, wanted: bigint | undefined): Source {
  const bytes = readInput(io, wanted);
  refuseShort(BigInt(bytes.length), wanted ?? 0n, "Standard input");
  return {
    lengthBytes: BigInt(bytes.length),
    read: (done) => bytes.subarray(Number(done), Number(done) + BLOCK_BYTES),
    isIn: () => false,
    [Symbol.dispose]: () => {},
  };
}

/** Standard input to its end, or up to `wanted` bytes. */
function readInput(io: Io, wanted: bigint | undefined): Uint8Array {
  const pieces: Uint8Array[] = [];
  const block = new Uint8Array(BLOCK_BYTES);
  let left = wanted === undefined || wanted > MAX_INPUT_BYTES ? MAX_INPUT_BYTES : Number(wanted);
  while (left > 0) {
    const moved = io.readInput(block.subarray(0, Math.min(left, block.length)));
    if (moved === 0) break;
    pieces.push(block.slice(0, moved));
    left -= moved;
  }
  const mayGoOn = left === 0 && (wanted === undefined || wanted > MAX_INPUT_BYTES);
  if (mayGoOn && io.readInput(block.subarray(0, 1)) > 0) {
    throw new ImageError(`More than ${MAX_INPUT_BYTES} bytes on standard input; use a file`);
  }
  return Buffer.concat(pieces);
}

class FileSource implements Source {
  readonly lengthBytes: bigint;
  readonly #file: FileStorage;
  readonly #block = new Uint8Array(BLOCK_BYTES);

  constructor(path: string, length: bigint | undefined) {
    this.#file = open(path);
    const there = BigInt(this.#file.perform({ kind: "size", file: 0 }));
    this.lengthBytes = length ?? there;
    refuseShort(there, this.lengthBytes, `'${path}'`);
  }

  read(done: bigint): Uint8Array {
    const into = this.#block.subarray(
      0,
      Number(least(this.lengthBytes - done, BigInt(BLOCK_BYTES))),
    );
    const offsetBytes = Number(done);
    const moved = this.#file.perform({ kind: "read", file: 0, offsetBytes, into, label: "input" });
    if (moved === 0) throw new HostError(`'${this.#file.path}' became shorter while it was read`);
    return into.subarray(0, moved);
  }

  isIn(chain: ImageChain): boolean {
    return chain.layers.some((layer) => layer.storage.identity === this.#file.identity);
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

function open(path: string): FileStorage {
  try {
    return openRegularFile(path, "read-only");
  } catch (error) {
    throw new HostError(`Could not open '${path}': ${(error as Error).message}`, { cause: error });
  }
}

function refuseShort(there: bigint, wanted: bigint, what: string): void {
  if (there >= wanted) return;
  throw new ImageError(`${what} has ${there} bytes, fewer than the ${wanted} of --length`);
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
