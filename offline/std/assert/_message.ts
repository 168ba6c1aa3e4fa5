/** A failure in one sentence: the caller's message follows a colon, or a full stop ends it. */
export function withMessage(failure: string, msg: string | undefined): string {
  return msg ? `${failure}: ${msg}` : `${failure}.`;
}

/** A value as text, whole, each member on a line of its own. */
export function format(value: unknown): string {
  return Deno.inspect(value, {
    compact: false,
    depth: Infinity,
    iterableLimit: Infinity,
    sorted: true,
    strAbbreviateSize: Infinity,
    trailingComma: true,
  });
}
