/** Text of a value is cut here; it stands in a message. */
const MAX_CHARACTERS = 80;

/** A value of the wrong kind, for the message of an error: short, whatever it is. */
export function valueText(value: unknown): string {
  if (typeof value === "string") return `'${value.slice(0, MAX_CHARACTERS)}'`;
  if (typeof value === "function") return "a function";
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name}`;
  if (typeof value !== "object" || value === null) return String(value);
  let text: string;
  try {
    text = JSON.stringify(value);
  } catch {
    return "an object";
  }
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}...` : text;
}
