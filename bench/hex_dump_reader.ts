import { imageOptions } from "../tools/trials/formats.ts";
import { probeCommand, probeRange } from "../tools/trials/examine.ts";
import type { Recording } from "../tools/trials/record.ts";

const PROMPT = "qemu-io> ";
/** No command of `qemu-io`: its complaint marks the end of what others print. */
const END = "@end";

/**
 * `qemu-io` without a buffer for its input, and `sed` without one, which passes the output on only where a batch
 * of commands ends.
 */
const SCRIPT = `stdbuf -i0 qemu-io 2>&1 | sed -u -n -e H -e '/"${END}" not found$/b give' -e d ` +
  `-e ':give' -e 's/.*//' -e x -e 's/^\\n//' -e p`;

/**
 * Reads images without an NBD client: `qemu-io` and `sed` in a shell print the guest's data as a hex dump. Only
 * the time is of interest, so the data is not checked.
 */
export class HexDumpReader implements Disposable {
  readonly #recording: Recording;
  readonly #path: string;
  readonly #shell: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  /** Read images of a recording, each at `path`. */
  constructor(recording: Recording, path: string) {
    this.#recording = recording;
    this.#path = path;
    this.#shell = new Deno.Command("sh", {
      ...{ args: ["-c", SCRIPT], stdin: "piped", stdout: "piped", stderr: "null" },
      detached: true,
    }).spawn();
    this.#writer = this.#shell.stdin.getWriter();
    this.#reader = this.#shell.stdout.getReader();
  }

  /** Read the image, check it, write the probes and read it again. Resolves to how many bytes were read. */
  async read(): Promise<number> {
    const { format: { driver }, plan } = this.#recording;
    const before = await this.#session([]);
    const args = ["check", "--output=json", "-f", driver, this.#path];
    await new Deno.Command("qemu-img", { args, stdin: "null" }).output();
    return before + await this.#session(plan.probes.map(probeCommand));
  }

  /** End the processes. */
  [Symbol.dispose](): void {
    Deno.kill(-this.#shell.pid, "SIGKILL");
    this.#writer.abort().catch(() => {});
    this.#reader.cancel().catch(() => {});
  }

  async #session(probes: readonly string[]): Promise<number> {
    const { format, plan } = this.#recording;
    const ranges = [...(probes.length > 0 ? plan.probes.map(probeRange) : []), ...plan.regions];
    const open = `open -o ${imageOptions(format, this.#path)}`;
    const places = ranges.map(({ offsetBytes, lengthBytes }) => `${offsetBytes} ${lengthBytes}`);
    // A range of zeroes needs no dump.
    const tries = places.map((place) => `read -q -P 0 ${place}`);
    const tried = await this.#runAll([
      open,
      ...probes,
      ...(probes.length > 0 ? ["flush"] : []),
      ...tries,
    ]);
    const odd = places.filter((_, i) => tried.at(i - places.length)!.trim() !== "");
    const dumps = await this.#runAll([...odd.map((place) => `read -v ${place}`), "close"]);
    let bytes = 0;
    for (const dump of dumps.slice(0, odd.length)) bytes += bytesIn(dump);
    return bytes;
  }

  async #runAll(commands: readonly string[]): Promise<string[]> {
    const written = this.#writer.write(new TextEncoder().encode([...commands, END, ""].join("\n")));
    const decoder = new TextDecoder();
    let text = "";
    while (!text.endsWith(`"${END}" not found\n`)) {
      const { value, done } = await this.#reader.read();
      if (done) throw new Error("hex dump: qemu-io has ended");
      text += decoder.decode(value, { stream: true });
    }
    await written;
    return text.split(PROMPT).slice(1, 1 + commands.length);
  }
}

/** How many bytes a dump has: lines of an offset, sixteen bytes, and their text. */
function bytesIn(dump: string): number {
  const bytes: number[] = [];
  for (const line of dump.split("\n")) {
    const [, digits] = /^[0-9a-f]+: {2}((?:[0-9a-f]{2} ){1,16})/.exec(line) ?? [];
    for (const digit of digits?.trim().split(" ") ?? []) bytes.push(Number.parseInt(digit, 16));
  }
  return bytes.length;
}
