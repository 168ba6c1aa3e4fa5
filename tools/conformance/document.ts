/**
 * Puts the results of QEMU, which it reads from standard input, into docs/conformance.md, where it
 * says how.
 *
 * @module
 */
const DOCUMENT = new URL("../../docs/conformance.md", import.meta.url);
const START = "<!-- results of qemu-img -->\n";
const END = "<!-- end of results -->\n";

/** The document's text before, in and after the results. */
function parts(): [before: string, results: string, after: string] {
  const text = Deno.readTextFileSync(DOCUMENT);
  const start = text.indexOf(START) + START.length;
  const end = text.indexOf(END);
  return [text.slice(0, start), text.slice(start, end).trim(), text.slice(end)];
}

/** The results that the document has. */
export function documentedResults(): string {
  return parts()[1];
}

if (import.meta.main) {
  const results = await new Response(Deno.stdin.readable).text();
  const [before, , after] = parts();
  Deno.writeTextFileSync(DOCUMENT, `${before}\n${results.trim()}\n\n${after}`);
}
