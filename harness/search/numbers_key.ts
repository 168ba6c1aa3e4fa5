/** Numbers up to this one and not below its negative are one unit of text each. */
const SMALL = 0x4000;
/** The number of units passed to one call: as many as fit on the stack. */
const MAX_AT_ONCE = 4096;

/** Some whole numbers as a string that no other numbers make: for keys that are made all the time. */
export class NumbersKey {
  readonly #units: number[] = [];

  /** Clear the key. */
  clear(): void {
    this.#units.length = 0;
  }

  /** Add a number that is exact: one between -2^53 and 2^53. */
  add(value: number): void {
    if (value > -SMALL && value < SMALL) {
      this.#units.push(SMALL + value);
      return;
    }
    const high = Math.floor(value / 0x1_0000_0000);
    this.#units.push(0xffff, value & 0xffff, value >>> 16, high & 0xffff, high >>> 16);
  }

  /** The numbers so far. */
  toString(): string {
    const units = this.#units;
    if (units.length <= MAX_AT_ONCE) return String.fromCharCode(...units);
    let text = "";
    for (let from = 0; from < units.length; from += MAX_AT_ONCE) {
      text += String.fromCharCode(...units.slice(from, from + MAX_AT_ONCE));
    }
    return text;
  }
}
