import type { CapturedIo, RunResult } from "../../kit/captured_io.ts";
import { optionalTest } from "../../../test_support/optional.ts";
import { inTempDir } from "../../../test_support/temp_dir.ts";
import { type RunOptions, runQed } from "../run_testing.ts";

/** `qed nbd`, running in this process. */
export class TestServer implements AsyncDisposable {
  /** What clients connect to. */
  readonly uri: string;
  readonly #running: Promise<RunResult>;
  readonly #stop: () => void;

  private constructor(uri: string, running: Promise<RunResult>, stop: () => void) {
    this.uri = uri;
    this.#running = running;
    this.#stop = stop;
  }

  /**
   * Serve with `args` behind `qed nbd`, at a socket in `dir` unless they name a port. Throws if it
   * does not come to that.
   */
  static async start(dir: string, ...args: readonly string[]): Promise<TestServer> {
    let captured: CapturedIo | undefined;
    const ready = Promise.withResolvers<string>();
    const place = args.includes("--port") ? [] : ["--socket", `${dir}/nbd.sock`];
    const running = runNbd([...place, ...args], {
      onStart: (streams) => captured = streams,
      onPrint: (text) => ready.resolve(text),
    });
    const early = await Promise.race([ready.promise, running]);
    if (typeof early !== "string") {
      throw new Error(`qed nbd ended with ${early.code}: ${early.stderr}`);
    }
    const [, uri] = / at (\S+)\n$/.exec(early) ?? [];
    return new TestServer(uri, running, () => captured?.signal());
  }

  /** Stop it as a signal would. */
  stop(): Promise<RunResult> {
    this.#stop();
    return this.#running;
  }

  /** The same. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** Run `qed nbd` in this process; unless `options` say otherwise a signal ends it at once. */
export function runNbd(
  args: readonly string[],
  options: RunOptions = { isStopped: true },
): Promise<RunResult> {
  return runQed(["nbd", ...args], options);
}

/** A program to talk to the server, and the package of Debian's that has it. */
const PACKAGES = {
  nbdinfo: "libnbd-bin",
  nbdcopy: "libnbd-bin",
  fio: "fio",
  "qemu-img": "qemu-utils",
  "qemu-io": "qemu-utils",
} as const;

/** A client that tests run. */
export type NbdClient = keyof typeof PACKAGES;

/** Why tests with these clients can't run here; undefined if they can. */
function missingClient(clients: readonly NbdClient[]): string | undefined {
  for (const client of clients) {
    try {
      new Deno.Command(client, { args: ["--version"], stdin: "null" }).outputSync();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      return `${client} is not in PATH (Debian: apt-get install ${PACKAGES[client]})`;
    }
  }
  return undefined;
}

/** Declare a test that needs clients, with a directory for its files. */
export function clientTest(
  name: string,
  clients: readonly NbdClient[],
  body: (dir: string) => Promise<void>,
): void {
  optionalTest({ name, missing: missingClient(clients), body: () => inTempDir(body) });
}

/** What a client printed and how it ended. */
export interface ClientRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Run a client to its end. */
export async function runClient(
  client: NbdClient,
  ...args: readonly string[]
): Promise<ClientRun> {
  const { code, stdout, stderr } = await new Deno.Command(client, {
    args: [...args],
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** Run a client that must succeed; answers what it printed. */
export async function runClientOk(
  client: NbdClient,
  ...args: readonly string[]
): Promise<string> {
  const { code, stdout, stderr } = await runClient(client, ...args);
  if (code === 0) return stdout;
  throw new Error(`${client} ${args.join(" ")}: exit ${code}\n${stdout}${stderr}`);
}
