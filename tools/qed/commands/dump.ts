import { isUtf8 } from "node:buffer";
import { describeError, HostError, ImageLock, openRegularFile } from "../../../lib/chain/mod.ts";
import {
  FormatError,
  type HeaderLayout,
  MAX_NAME_BYTES,
  parseHeader,
} from "../../../lib/qed/mod.ts";
import type { FileStorage } from "../../../lib/storage/mod.ts";
import { type Command, defineCommand } from "../../kit/command.ts";
import { FORCE_SHARE, LAYOUT, layoutOption } from "../common_options.ts";
import { describeHeader, type HeaderDump } from "../dump_header.ts";
import { TableDumper, type TablePlace } from "../dump_table.ts";
import type { Io } from "../../kit/io.ts";

/** The parts that are shown without --all. */
const FEW_LINES = 16;
const FEW_TABLES = 4;

/** `qed dump`: the header and the tables, byte by byte and in words. */
export const dump: Command = defineCommand({
  name: "dump",
  summary: "show the header and the tables of an image in hexadecimal, with what they mean",
  operands: [{ name: "IMAGE" }],
  options: [
    {
      short: "a",
      long: "all",
      help: `every L2 table, and every line of it; otherwise ${FEW_TABLES}, and ${FEW_LINES} lines`,
    },
    LAYOUT,
    FORCE_SHARE,
  ],
  notes:
    "Each line has an offset in the file, the bytes there, and their meaning. Table entries\n" +
    "that go on like the one before them are one line. What breaks a rule of the format is\n" +
    "marked with !!. Of a damaged image whatever can be found is shown; nothing is written.",
  exitCodes: [[0, "shown, as far as there is anything"], [1, "not readable"]],
  examples: [
    ["disk.qed", "the header, the L1 table, the first L2 tables"],
    ["--all disk.qed | less", "everything"],
  ],
  async run(args, io) {
    const path = args.operand("IMAGE");
    using file = open(path);
    using _lock = args.has("force-share") ? undefined : new ImageLock(path, { writable: false });
    const limits = args.has("all")
      ? { lines: Infinity, tables: Infinity }
      : { lines: FEW_LINES, tables: FEW_TABLES };
    const header = showHeader(file, layoutOption(args).layout, io);
    if (header) await showTables(file, { header, limits, io });
    return 0;
  },
});

function open(path: string): FileStorage {
  try {
    return openRegularFile(path, "read-only");
  } catch (error) {
    throw new HostError(`Could not open '${path}': ${describeError(error)}`, { cause: error });
  }
}

/** Print the header. Returns the place of the tables, if that is known. */
function showHeader(
  file: FileStorage,
  layout: HeaderLayout | undefined,
  io: Io,
): HeaderDump | undefined {
  const fileBytes = file.perform({ kind: "size", file: 0 });
  const bytes = new Uint8Array(512);
  const moved = file.perform({ kind: "read", file: 0, offsetBytes: 0, into: bytes, label: "dump" });
  const there = bytes.subarray(0, moved);
  let problem: string | undefined;
  let shown: HeaderLayout = layout ?? "final";
  try {
    shown = parseHeader(there, { fileBytes, ...(layout && { layout }) }).layout;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    problem = error.message;
  }
  io.print(`file of ${fileBytes} bytes, header in the ${shown} layout\n`);
  const header = describeHeader(there, { layout: shown, fileBytes });
  io.print(header.text);
  if (problem !== undefined) io.print(`!! ${problem}\n`);
  for (const place of header.strings) {
    const { name, offsetBytes, sizeBytes } = place;
    const { text, rule } = readName(file, place);
    io.print(`\n${name}, ${sizeBytes} bytes at ${offsetBytes}: ${JSON.stringify(text)}\n`);
    if (rule) io.print(`!! ${name} at offset ${offsetBytes} is no name: ${rule}\n`);
  }
  return header.tables ? header : undefined;
}

/** A name of the header, cut where it is longer than any may be, and the rule that it breaks. */
function readName(
  file: FileStorage,
  { offsetBytes, sizeBytes }: HeaderDump["strings"][number],
): { text: string; rule: string | undefined } {
  const into = new Uint8Array(Math.min(sizeBytes, MAX_NAME_BYTES));
  const moved = file.perform({ kind: "read", file: 0, offsetBytes, into, label: "dump" });
  const bytes = into.subarray(0, moved);
  const rule = bytes.includes(0)
    ? "must not hold a NUL byte"
    : isUtf8(bytes)
    ? undefined
    : "must be UTF-8";
  return { text: new TextDecoder().decode(bytes), rule };
}

async function showTables(
  file: FileStorage,
  context: {
    readonly header: HeaderDump;
    readonly limits: { readonly lines: number; readonly tables: number };
    readonly io: Io;
  },
): Promise<void> {
  const { header, limits, io } = context;
  const { tables } = header;
  if (!tables) return;
  const dumper = new TableDumper(file, { ...tables, layout: header.layout, lines: limits.lines });
  const print = (text: string) => io.print(text);
  const l2Tables: TablePlace[] = [];
  let used = 0;
  dumper.dumpL1(print, (place) => {
    used++;
    if (l2Tables.length < limits.tables) l2Tables.push(place);
  });
  for (const place of l2Tables) {
    dumper.dumpL2(place, print);
    await io.turn();
  }
  if (used > l2Tables.length) {
    io.print(`\n${used - l2Tables.length} more L2 tables; --all shows them\n`);
  }
}
