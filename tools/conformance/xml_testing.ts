import { assertEquals } from "@std/assert";

/**
 * Assert that a text is well-formed XML, as far as reports use it: elements, attributes and text,
 * everything closed, nothing that should have been escaped, no character that XML does not have.
 */
export function assertWellFormed(xml: string): void {
  const body = xml.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, "");
  assertEquals(body === xml, false, "no XML declaration");
  // deno-lint-ignore no-control-regex
  assertEquals(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(xml), false, "a control character");
  assertEquals(xml.isWellFormed(), true, "half of a surrogate pair");
  const open: string[] = [];
  const attribute = /^ [a-z]+="(?:[^"<&]|&(?:amp|lt|gt|quot|apos);)*"/;
  for (let rest = body; rest !== "";) {
    const tag = /^<(\/?)([a-z]+)/.exec(rest);
    if (!tag) {
      const text = /^(?:[^<>&]|&(?:amp|lt|gt|quot|apos);)+/.exec(rest)?.[0];
      assertEquals(text === undefined, false, `not text: ${rest.slice(0, 40)}`);
      rest = rest.slice(text!.length);
      continue;
    }
    rest = rest.slice(tag[0].length);
    for (let found = attribute.exec(rest); found; found = attribute.exec(rest)) {
      rest = rest.slice(found[0].length);
    }
    const end = /^\/?>/.exec(rest)?.[0];
    assertEquals(end === undefined, false, `not the end of <${tag[2]}: ${rest.slice(0, 40)}`);
    rest = rest.slice(end!.length);
    if (tag[1] === "/") assertEquals(open.pop(), tag[2]);
    else if (end === ">") open.push(tag[2]);
  }
  assertEquals(open, []);
}
