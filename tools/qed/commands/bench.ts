import { ImageChain } from "../../../lib/chain/mod.ts";
import { AsyncDriver } from "../../../lib/storage/mod.ts";
import { type Command, defineCommand } from "../../kit/command.ts";
import {
  FORMAT,
  formatOption,
  PROFILE,
  profileOption,
  QUIET,
  refuseUnnamedRaw,
} from "../common_options.ts";
import { InPlace } from "../in_place.ts";
import type { Io } from "../../kit/io.ts";
import type { ParsedArgs } from "../../kit/parsed_args.ts";
import { parseByte, parseCount } from "../../kit/sizes.ts";
import { UsageError } from "../../kit/usage_error.ts";

/** `qed bench`: how fast requests are carried out. */
export const bench: Command = defineCommand({
  name: "bench",
  summary: "measure how fast an image is read or written",
  operands: [{ name: "IMAGE" }],
  options: [
    FORMAT,
    { short: "c", long: "count", value: "N", help: "number of requests; 75000 if not given" },
    {
      short: "d",
      long: "depth",
      value: "N",
      help: "number of requests in flight (64)",
    },
    {
      short: "s",
      long: "buffer-size",
      value: "SIZE",
      help: "size of a request; 4k if not given",
    },
    {
      short: "S",
      long: "step-size",
      value: "SIZE",
      help: "how far a request is from the one before it; the size of a request if not given",
    },
    { short: "o", long: "offset", value: "OFFSET", help: "where the first one is; 0" },
    { short: "w", long: "write", help: "write: what the image holds is overwritten" },
    {
      long: "flush-interval",
      value: "N",
      help: "flush after this many writes, at least as many as --depth; never if not given",
    },
    {
      long: "no-drain",
      help: "do not wait for the requests in flight before a flush is sent",
    },
    { long: "pattern", value: "BYTE", help: "the byte that is written; 0 if not given" },
    {
      short: "n",
      long: "native",
      help: "taken as with qemu-img; there is only one way of I/O here",
    },
    PROFILE,
    QUIET,
  ],
  notes:
    "Requests that would reach past the end of the disk start over at its beginning. Writes are\n" +
    "the guest's: they stay. A raw image must be named as such (-f raw) to be written.",
  exitCodes: [[0, "measured"], [1, "the image could not be opened, read or written"]],
  examples: [
    ["disk.qed", "75000 sequential reads of 4 KiB, 64 in flight"],
    ["-w -c 1000 -d 1 -s 64k scratch.qed", "1000 writes one after the other"],
    ["-w -d 16 --flush-interval 64 scratch.qed", "with a flush every 64 writes"],
  ],
  async run(args, io) {
    const plan = planBench(args);
    const path = args.operand("IMAGE");
    const options = { ...formatOption(args), ...profileOption(args) };
    {
      // Read-only first: what cannot be measured must not even repair the image.
      using chain = ImageChain.open(path, options);
      if (plan.isWrite) refuseUnnamedRaw(chain, args);
      if (BigInt(plan.requestBytes) > chain.guestBytes) {
        throw new UsageError(`a request is larger than the disk of ${chain.guestBytes} bytes`);
      }
    }
    using chain = ImageChain.open(path, { ...options, writable: plan.isWrite });
    if (!args.has("quiet")) announce(plan, io);
    const start = performance.now();
    {
      using change = plan.isWrite
        ? new InPlace(io, { command: "bench", chain, advice: "" })
        : undefined;
      await sendAll(chain, plan, () => change ? change.turn(false) : io.turn());
    }
    const seconds = (performance.now() - start) / 1000;
    chain.close();
    if (!args.has("quiet")) io.print(`Run completed in ${seconds.toFixed(3)} seconds.\n`);
    return 0;
  },
});

/** The requests to send. */
interface BenchPlan {
  readonly isWrite: boolean;
  readonly count: number;
  readonly depth: number;
  readonly requestBytes: number;
  readonly stepBytes: number;
  readonly offsetBytes: number;
  /** 0: never. */
  readonly flushInterval: number;
  /** Whether a flush waits for the writes before it to end. */
  readonly drains: boolean;
  readonly pattern: number;
}

const MAX_REQUEST_BYTES = 1 << 30;
const MAX_DEPTH = 4096;

function planBench(args: ParsedArgs): BenchPlan {
  const number = (long: string, preset: number) => {
    const text = args.value(long);
    return text === undefined ? preset : parseCount(text, `--${long}`);
  };
  const requestBytes = number("buffer-size", 4096);
  const plan = {
    isWrite: args.has("write"),
    count: number("count", 75_000),
    depth: number("depth", 64),
    requestBytes,
    stepBytes: number("step-size", 0) || requestBytes,
    offsetBytes: number("offset", 0),
    flushInterval: number("flush-interval", 0),
    drains: !args.has("no-drain"),
    pattern: parseByte(args.value("pattern") ?? "0", "--pattern"),
  };
  if (plan.depth < 1 || plan.depth > MAX_DEPTH) {
    throw new UsageError(`--depth must be from 1 to ${MAX_DEPTH}`);
  }
  if (requestBytes < 1 || requestBytes * plan.depth > MAX_REQUEST_BYTES) {
    throw new UsageError(
      `--buffer-size must be at least 1, and --depth of them at most ${MAX_REQUEST_BYTES} bytes`,
    );
  }
  if (!plan.isWrite && plan.flushInterval > 0) {
    throw new UsageError("--flush-interval is only available in write tests");
  }
  if (plan.flushInterval > 0 && plan.flushInterval < plan.depth) {
    throw new UsageError("Flush interval can't be smaller than depth");
  }
  return plan;
}

function announce(plan: BenchPlan, io: Io): void {
  const kind = plan.isWrite ? "write" : "read";
  io.print(
    `Sending ${plan.count} ${kind} requests, ${plan.requestBytes} bytes each, ${plan.depth} in ` +
      `parallel (starting at offset ${plan.offsetBytes}, step size ${plan.stepBytes})\n`,
  );
  if (plan.flushInterval > 0) {
    const which = plan.drains ? "" : "ongoing ";
    io.print(`Sending flush every ${plan.flushInterval} ${which}requests\n`);
  }
}

/** Keep `depth` requests in flight until all are done. */
async function sendAll(
  chain: ImageChain,
  plan: BenchPlan,
  turn: () => Promise<void>,
): Promise<void> {
  const driver = new AsyncDriver(chain.files, { maxInFlight: plan.depth });
  const { guestBytes } = chain;
  let offset = BigInt(plan.offsetBytes);
  let sent = 0;
  /** While a flush that drains is going on, nothing is sent. */
  let flushing: Promise<void> | undefined;
  let isBroken = false;
  const inFlight = new Set<Promise<unknown>>();

  const nextOffset = () => {
    if (offset + BigInt(plan.requestBytes) > guestBytes) offset = 0n;
    const at = offset;
    offset += BigInt(plan.stepBytes);
    return at;
  };
  async function send(buffer: Uint8Array): Promise<void> {
    while (sent < plan.count && !isBroken) {
      while (flushing) await flushing;
      if (sent >= plan.count) return;
      const number = ++sent;
      const at = nextOffset();
      const request = driver.run<unknown>(
        plan.isWrite ? chain.disk.write(at, buffer) : chain.disk.read(at, buffer),
      );
      inFlight.add(request);
      await request.finally(() => inFlight.delete(request));
      if (plan.flushInterval > 0 && number % plan.flushInterval === 0) await flush();
      await turn();
    }
  }
  async function flush(): Promise<void> {
    let finish = () => {};
    if (plan.drains) flushing = new Promise<void>((resolve) => finish = resolve);
    try {
      if (plan.drains) await Promise.allSettled(inFlight);
      await driver.run(chain.disk.flush());
    } finally {
      flushing = undefined;
      finish();
    }
  }
  const senders = Array.from(
    { length: plan.depth },
    () =>
      send(new Uint8Array(plan.requestBytes).fill(plan.pattern)).catch((error) => {
        isBroken = true;
        throw error;
      }),
  );
  const [failed] = (await Promise.allSettled(senders)).filter((end) => end.status === "rejected");
  if (failed) throw failed.reason;
}
