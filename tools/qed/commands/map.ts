import {
  type ChainExtent,
  continuesExtent,
  ExtentWalker,
  ImageChain,
} from "../../../lib/chain/mod.ts";
import { type Command, defineCommand } from "../../kit/command.ts";
import { FORCE_SHARE, FORMAT, LAYOUT, openingOptions, OUTPUT } from "../common_options.ts";
import type { Io } from "../../kit/io.ts";
import { parseSize } from "../../kit/sizes.ts";

/** `qed map`: where the parts of the guest's disk are stored. */
export const map: Command = defineCommand({
  name: "map",
  summary: "show where the parts of the guest's disk are stored",
  operands: [{ name: "IMAGE" }],
  options: [
    FORMAT,
    OUTPUT,
    { long: "start-offset", value: "OFFSET", help: "begin there; 0 if not given" },
    { long: "max-length", value: "LENGTH", help: "show so much; to the end if not given" },
    LAYOUT,
    FORCE_SHARE,
  ],
  notes:
    "For people only what is stored as data is listed, with offset and length in hexadecimal.\n" +
    "JSON has all of the disk: 'depth' counts the files from the image (0) down its backing\n" +
    "chain, 'present' says whether that file holds the range, 'offset' where.",
  exitCodes: [[0, "shown"], [1, "the image could not be opened, or a table entry is wrong"]],
  examples: [
    ["disk.qed", "what is stored, and where"],
    ["--output=json --start-offset=1G --max-length=1M disk.qed", "all that is known of a part"],
  ],
  run(args, io) {
    const from = parseSize(args.value("start-offset") ?? "0", "--start-offset");
    const most = args.value("max-length");
    const length = most === undefined ? undefined : parseSize(most, "--max-length");
    using chain = ImageChain.open(args.operand("IMAGE"), {
      ...openingOptions(args),
    });
    const end = length === undefined || from + length > chain.guestBytes
      ? chain.guestBytes
      : from + length;
    const printer = args.value("output") === "json" ? new JsonPrinter(io) : new TablePrinter(io);
    try {
      for (const extent of joinedExtents(chain, { from, end })) {
        printer.add(extent, chain.layers[extent.depth].path);
      }
      printer.finish();
    } finally {
      // A wrong table entry ends the list; what comes before it is good.
      printer.flush();
    }
    return 0;
  },
});

/** The parts of the range that each file holds, equal neighbours joined; at least one entry. */
function* joinedExtents(
  chain: ImageChain,
  range: { readonly from: bigint; readonly end: bigint },
): Generator<ChainExtent> {
  using walker = new ExtentWalker(chain);
  let joined: ChainExtent = {
    startBytes: range.from,
    lengthBytes: 0n,
    depth: 0,
    present: false,
    zero: false,
    data: false,
  };
  for (let at = range.from; at < range.end;) {
    let whole: ChainExtent | undefined;
    try {
      whole = walker.next(at);
    } catch (error) {
      if (joined.lengthBytes > 0n) yield joined;
      throw error;
    }
    if (!whole) break;
    const left = range.end - at;
    const extent = whole.lengthBytes > left ? { ...whole, lengthBytes: left } : whole;
    at += extent.lengthBytes;
    if (joined.lengthBytes === 0n) {
      joined = extent;
    } else if (continuesExtent(joined, extent)) {
      joined = { ...joined, lengthBytes: joined.lengthBytes + extent.lengthBytes };
    } else {
      yield joined;
      joined = extent;
    }
  }
  yield joined;
}

/** Collects lines and prints many at once. */
class LineBuffer {
  readonly #io: Io;
  #text = "";

  constructor(io: Io) {
    this.#io = io;
  }

  add(text: string): void {
    this.#text += text;
    if (this.#text.length > 1 << 16) this.flush();
  }

  flush(): void {
    this.#io.print(this.#text);
    this.#text = "";
  }
}

/** The list that `qemu-img map` prints for people. */
class TablePrinter {
  readonly #lines: LineBuffer;

  constructor(io: Io) {
    this.#lines = new LineBuffer(io);
    this.#lines.add("Offset          Length          Mapped to       File\n");
  }

  add(extent: ChainExtent, path: string): void {
    if (!extent.data || extent.zero) return;
    const { startBytes, lengthBytes, hostBytes = 0 } = extent;
    const cells = [startBytes, lengthBytes, BigInt(hostBytes)].map(hexadecimal);
    this.#lines.add(`${cells.map((cell) => cell.padEnd(16)).join("")}${path}\n`);
  }

  finish(): void {}

  flush(): void {
    this.#lines.flush();
  }
}

function hexadecimal(value: bigint): string {
  return value === 0n ? "0" : `0x${value.toString(16)}`;
}

/** The array that `qemu-img map --output=json` prints, an object on each line. */
class JsonPrinter {
  readonly #lines: LineBuffer;
  #separator = "[";

  constructor(io: Io) {
    this.#lines = new LineBuffer(io);
  }

  add(extent: ChainExtent): void {
    const { startBytes, lengthBytes, depth, present, zero, data, hostBytes } = extent;
    const offset = hostBytes === undefined ? "" : `, "offset": ${hostBytes}`;
    this.#lines.add(
      `${this.#separator}{ "start": ${startBytes}, "length": ${lengthBytes}, "depth": ${depth}, ` +
        `"present": ${present}, "zero": ${zero}, "data": ${data}${offset}}`,
    );
    this.#separator = ",\n";
  }

  finish(): void {
    this.#lines.add("]\n");
  }

  flush(): void {
    this.#lines.flush();
  }
}
