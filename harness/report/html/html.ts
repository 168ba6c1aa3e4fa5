/** Text that is HTML already. */
export interface Html {
  /** The HTML. */
  readonly html: string;
}

/** A part of {@linkcode html}: text is escaped, lists are joined. */
export type HtmlPart = Html | string | number | undefined | readonly HtmlPart[];

/** HTML with parts in it: all that is not HTML already is escaped. */
export function html(pieces: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  return {
    html: pieces.map((piece, i) => i === 0 ? piece : textOf(parts[i - 1]) + piece).join(""),
  };
}

/** HTML from elsewhere, unescaped. */
export function raw(text: string): Html {
  return { html: text };
}

/** Text for HTML, in elements and in attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** JSON that can stand in a script element: nothing in it can end that. */
export function jsonForScript(json: string): Html {
  return raw(json.replaceAll("<", "\\u003c"));
}

function textOf(part: HtmlPart): string {
  if (part === undefined) return "";
  if (typeof part === "object") {
    return "html" in part ? part.html : part.map(textOf).join("");
  }
  return escapeHtml(`${part}`);
}
