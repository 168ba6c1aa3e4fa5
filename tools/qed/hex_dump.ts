/**
 * Bytes for people, sixteen to a line: offset, hexadecimal, text. Lines equal to the one before
 * become a `*`, as in `hexdump -C`; the offset after the last byte ends it.
 */
export class HexDump {
  readonly #print: (text: string) => void;
  #offset: bigint;
  #previous = "";
  #isSkipping = false;

  /** A dump of what is at `offset`, printed with `print`. */
  constructor(offset: bigint, print: (text: string) => void) {
    this.#offset = offset;
    this.#print = print;
  }

  /** Dump the next bytes; all but the last ones come in multiples of 16. */
  add(bytes: Uint8Array): void {
    let text = "";
    for (let at = 0; at < bytes.length; at += 16) {
      const line = formatLine(bytes.subarray(at, at + 16));
      if (line !== this.#previous) text += `${address(this.#offset)}  ${line}\n`;
      else if (!this.#isSkipping) text += "*\n";
      this.#isSkipping = line === this.#previous;
      this.#previous = line;
      this.#offset += BigInt(Math.min(16, bytes.length - at));
    }
    this.#print(text);
  }

  /** End the dump. */
  finish(): void {
    this.#print(`${address(this.#offset)}\n`);
  }
}

function address(offset: bigint): string {
  return offset.toString(16).padStart(8, "0");
}

function formatLine(bytes: Uint8Array): string {
  const pairs = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"));
  const halves = [pairs.slice(0, 8).join(" "), pairs.slice(8).join(" ")];
  const text = Array.from(
    bytes,
    (byte) => byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".",
  );
  return `${halves[0].padEnd(23)}  ${halves[1].padEnd(23)}  |${text.join("")}|`;
}
