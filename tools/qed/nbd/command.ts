import { type Command, defineCommand } from "../../kit/command.ts";
import { FORMAT, formatOption, PROFILE, profileOption, QUIET } from "../common_options.ts";
import { section } from "../../kit/help.ts";
import { type Io, OutputClosedError } from "../../kit/io.ts";
import type { ParsedArgs } from "../../kit/parsed_args.ts";
import { parseCount } from "../../kit/sizes.ts";
import { UsageError } from "../../kit/usage_error.ts";
import { startSystemTimer } from "../../../lib/storage/idle_timer.ts";
import {
  type ListenAddress,
  listenAt,
  MAX_CONNECTIONS,
  NBD_PORT,
  NbdServer,
} from "../../../lib/nbd/mod.ts";
import { LIVE_FAULTS, parseFault } from "./live_faults.ts";
import { openServed, type ServedImage } from "./served_image.ts";

/** More clients than this cannot be asked for. */
const MAX_CLIENTS = 10_000;
const MAX_PORT = 65_535;
const THIS_MACHINE = "localhost";

/** `qed nbd`: serve an image until a signal asks the program to stop. */
export const nbd: Command = defineCommand({
  name: "nbd",
  summary: "serve an image to NBD clients, record their writes, and inject I/O errors",
  operands: [{ name: "IMAGE" }],
  options: [
    { ...FORMAT, help: "format of the image, qed or raw; raw must be named to be written" },
    {
      short: "p",
      long: "port",
      value: "N",
      help: `listen at this port, 0 for any that is free; ${NBD_PORT} if not given`,
    },
    {
      short: "b",
      long: "bind",
      value: "ADDRESS",
      help: "listen at this address (this machine's own, which no other machine reaches)",
    },
    { short: "k", long: "socket", value: "PATH", help: "listen at a socket in the file system" },
    {
      short: "x",
      long: "export-name",
      value: "NAME",
      help: "name of the disk; none if not given",
    },
    { short: "r", long: "read-only", help: "take no writes" },
    {
      short: "e",
      long: "connections",
      value: "N",
      help:
        `maximum number of concurrent clients, further ones queue; ${MAX_CONNECTIONS} if not given`,
    },
    {
      long: "record",
      value: "LOG",
      help: "log the writes that reach the file, for 'deno task crash log'; replaces LOG",
    },
    {
      long: "grow",
      help: "writes past the end of a raw file make it larger, as format drivers expect",
    },
    {
      long: "delay",
      value: "MS",
      help: "delay writes and flushes by MS milliseconds, so that more are in flight at a time",
    },
    {
      long: "fault",
      value: "NAME[:N]",
      isRepeatable: true,
      help: "inject this fault at the Nth request that it can happen to (1)",
    },
    PROFILE,
    QUIET,
  ],
  notes: notes(),
  exitCodes: [
    [0, "stopped by a signal; everything is durable, and the image is clean"],
    [1, "the image could not be opened, served or closed"],
  ],
  examples: [
    ["--socket /tmp/nbd.sock disk.qed", "then: nbdinfo 'nbd+unix:///?socket=/tmp/nbd.sock'"],
    ["-f raw --grow --delay 1 --record s.log disk.qed", "log how another driver writes disk.qed"],
    ["--fault flush-fails:3 disk.qed", "the third flush of the file fails"],
  ],
  run: serve,
});

function notes(): string {
  return [
    "Serves until SIGINT or SIGTERM, then finishes the requests in flight, flushes, and closes",
    "the image clean. A QED image is served as its guest's disk, a raw one (-f raw) as it is. For",
    "faults requests to the file are counted from when the image is open; each happens once.",
    "",
    section("faults", Object.values(LIVE_FAULTS).map(({ name, summary }) => [name, summary])),
  ].join("\n");
}

async function serve(args: ParsedArgs, io: Io): Promise<number> {
  const address = addressOf(args);
  const maxConnections = args.count("connections", { max: MAX_CLIENTS }) ?? MAX_CONNECTIONS;
  const faults = args.values("fault").map(parseFault);
  const path = args.operand("IMAGE");
  const isRaw = args.value("format") === "raw";
  const isWritable = !args.has("read-only");
  if (args.has("grow") && !(isRaw && isWritable)) {
    throw new UsageError("--grow needs -f raw, and cannot be combined with --read-only");
  }
  const report = (message: string) => reportIfRead(io, message);
  const logPath = args.value("record");
  const delay = args.value("delay");
  const image = await openServed({
    path,
    ...formatOption(args),
    ...profileOption(args),
    ...(logPath !== undefined && { logPath }),
    isWritable,
    grows: args.has("grow"),
    delayMs: delay === undefined ? 0 : parseCount(delay, "--delay"),
    faults,
    onFault: report,
  });
  await runServer(image, async () => {
    const listener = listenAt(address);
    const server = new NbdServer({
      served: { name: args.value("export-name") ?? "", description: path, disk: image.disk },
      listener,
      startTimer: startSystemTimer,
      maxConnections,
      onClientError: report,
    });
    try {
      const stopped = Promise.withResolvers<void>();
      using _stopping = io.onStop(stopped.resolve);
      const what = `'${path}' (${image.format}, ${image.disk.sizeBytes} bytes)`;
      if (!args.has("quiet")) io.print(`Serving ${what} at ${listener.uri}\n`);
      await stopped.promise;
    } finally {
      await server.stop();
    }
  });
  return 0;
}

/** The server continues where the reader of standard error has closed it. */
function reportIfRead(io: Io, message: string): void {
  try {
    io.printError(`qed nbd: ${message}`);
  } catch (error) {
    if (!(error instanceof OutputClosedError)) throw error;
  }
}

/** Close the image whatever happens to the server. */
async function runServer(image: ServedImage, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    await image.close().catch(() => {});
    throw error;
  }
  await image.close();
}

function addressOf(args: ParsedArgs): ListenAddress {
  const path = args.value("socket");
  const port = args.value("port");
  const hostname = args.value("bind");
  if (path === undefined) {
    const number = args.count("port", { min: 0, max: MAX_PORT }) ?? NBD_PORT;
    return { kind: "port", hostname: hostname ?? THIS_MACHINE, port: number };
  }
  if (port !== undefined || hostname !== undefined) {
    throw new UsageError("--socket cannot be combined with --port and --bind");
  }
  return { kind: "socket", path };
}
