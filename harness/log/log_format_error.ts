/**
 * A log file that breaks a rule of its format: names the field, its offset and its value.
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { LogFormatError, parseDmLog } from "@powercut/powercut/harness/advanced";
 *
 * assertThrows(() => parseDmLog(new Uint8Array(512)), LogFormatError, "magic");
 * ```
 */
export class LogFormatError extends Error {
  /** The name of this kind of error. */
  override readonly name = "LogFormatError";

  /** Build the error and its message. */
  constructor(
    /** The field: `magic`, `entry 3 flags` ... */
    readonly field: string,
    /** Where the field starts in the file, in bytes. */
    readonly offsetBytes: number,
    /** The value of the field. */
    readonly value: bigint | number | string,
    /** The rule that it breaks. */
    readonly rule: string,
  ) {
    super(`${field} at offset ${offsetBytes} is ${value}: ${rule}`);
  }
}
