/** Whether a value is a number of bytes that is a multiple of another one; 0 is. */
export function isMultiple(value: unknown, of: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) % of === 0;
}
