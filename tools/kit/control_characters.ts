// deno-lint-ignore no-control-regex -- these characters are what it is about
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Write control characters as escapes, so that the name of a file cannot move the cursor, change
 * colors or reverse the text on a terminal. Line breaks and tabs stay.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { escapeControls } from "./control_characters.ts";
 *
 * assertEquals(escapeControls("a\x1b[2Jb\n"), "a\\x1b[2Jb\n");
 * ```
 */
export function escapeControls(text: string): string {
  return text.replace(CONTROLS, (character) => {
    const code = character.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code}` : `\\x${code.padStart(2, "0")}`;
  });
}
