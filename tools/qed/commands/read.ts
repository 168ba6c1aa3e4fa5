import * as fs from "node:fs";
import { describeError, HostError, ImageChain } from "../../../lib/chain/mod.ts";
import { assertInside } from "../../../lib/qed/mod.ts";
import { type Command, defineCommand } from "../../kit/command.ts";
import { FORCE_SHARE, FORMAT, LAYOUT, openingOptions } from "../common_options.ts";
import { HexDump } from "../hex_dump.ts";
import type { Io } from "../../kit/io.ts";
import type { ParsedArgs } from "../../kit/parsed_args.ts";
import { parseSize } from "../../kit/sizes.ts";
import { UsageError } from "../../kit/usage_error.ts";

const BLOCK_BYTES = 1 << 18;

/** `qed read`: what the guest sees. */
export const read: Command = defineCommand({
  name: "read",
  summary: "print what the guest sees at an offset",
  operands: [{ name: "IMAGE" }, { name: "OFFSET" }, { name: "LENGTH" }],
  options: [
    FORMAT,
    {
      short: "o",
      long: "output",
      value: "FILE",
      help: "store the bytes in FILE; - is standard output",
    },
    { short: "x", long: "hex", help: "print hexadecimal, also if standard output is no terminal" },
    {
      short: "C",
      long: "copy-on-read",
      help: "store what is read from the backing file in the image as well",
    },
    LAYOUT,
    FORCE_SHARE,
  ],
  notes: "The bytes go to standard output as they are, or in hexadecimal if that is a terminal.\n" +
    "Backing files are read too; what nothing holds is zero.",
  exitCodes: [[0, "read"], [1, "the image could not be opened or read"]],
  examples: [
    ["disk.qed 0 512", "the first sector, in hexadecimal on a terminal"],
    ["disk.qed 1M 64k -o piece.bin", "64 KiB into a file"],
  ],
  run(args, io) {
    const offset = parseSize(args.operand("OFFSET"), "OFFSET");
    const length = parseSize(args.operand("LENGTH"), "LENGTH");
    const copiesOnRead = args.has("copy-on-read");
    if (copiesOnRead && args.has("force-share")) {
      throw new UsageError("-U cannot be combined with -C");
    }
    const path = args.operand("IMAGE");
    {
      // Read-only first: what does not fit must not even repair the image.
      using chain = ImageChain.open(path, openingOptions(args));
      assertInside(offset, length, chain.guestBytes);
    }
    using chain = ImageChain.open(path, {
      ...openingOptions(args),
      ...(copiesOnRead && { writable: true, copiesOnRead }),
    });
    using sink = openSink(args, { offset, io, image: chain });
    const block = new Uint8Array(BLOCK_BYTES);
    for (let done = 0n; done < length; done += BigInt(BLOCK_BYTES)) {
      const left = length - done;
      const piece = left < BigInt(BLOCK_BYTES) ? block.subarray(0, Number(left)) : block;
      chain.read(offset + done, piece);
      sink.add(piece);
    }
    sink.finish();
    if (copiesOnRead) chain.close();
    return 0;
  },
});

/** Where the bytes go. */
interface Sink extends Disposable {
  add(bytes: Uint8Array): void;
  finish(): void;
}

function openSink(
  args: ParsedArgs,
  context: { readonly offset: bigint; readonly io: Io; readonly image: ImageChain },
): Sink {
  const { io, offset, image } = context;
  const path = args.value("output");
  if (path !== undefined && path !== "-") {
    if (args.has("hex")) throw new UsageError("-x cannot be combined with -o FILE");
    return new FileSink(path, image);
  }
  const isHex = args.has("hex") || (path === undefined && io.isTerminal.stdout);
  const nothing = { [Symbol.dispose]: () => {} };
  if (!isHex) return { add: (bytes) => io.printBytes(bytes), finish: () => {}, ...nothing };
  const dump = new HexDump(offset, (text) => io.print(text));
  return { add: (bytes) => dump.add(bytes), finish: () => dump.finish(), ...nothing };
}

/** A file that is none of the image's own; pipes and devices will do. */
class FileSink implements Sink {
  readonly #path: string;
  readonly #descriptor: number;

  constructor(path: string, image: ImageChain) {
    this.#path = path;
    this.#descriptor = this.#attempt(() => {
      const stat = fs.statSync(path, { bigint: true, throwIfNoEntry: false });
      const identity = stat && `${stat.dev}:${stat.ino}`;
      if (image.layers.some((layer) => layer.storage.identity === identity)) {
        throw new HostError("It belongs to the image that is read");
      }
      return fs.openSync(path, "w");
    });
  }

  add(bytes: Uint8Array): void {
    this.#attempt(() => {
      for (let done = 0; done < bytes.length;) {
        done += fs.writeSync(this.#descriptor, bytes, done, bytes.length - done);
      }
    });
  }

  finish(): void {}

  [Symbol.dispose](): void {
    fs.closeSync(this.#descriptor);
  }

  #attempt<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw new HostError(`Could not write '${this.#path}': ${describeError(error)}`, {
        cause: error,
      });
    }
  }
}
