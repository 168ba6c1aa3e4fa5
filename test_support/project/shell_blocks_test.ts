import { assertEquals } from "@std/assert";
import { inlineCommands, missingLines, outputBlocks, shellBlocks } from "./shell_blocks.ts";

const PAGE = `
Run

    npx -y deno task a

which prints

    one
      two ...

or \`deno task b\`, not \`npx\`:

\`\`\`sh
$ deno task c \\
  d
deno task e
\`\`\`

\`\`\`ts
deno task in_a_program();
\`\`\`
`;

Deno.test("commands are the lines of indented and fenced blocks", () => {
  assertEquals(shellBlocks(PAGE).map(({ commands }) => commands), [
    ["npx -y deno task a"],
    ["deno task c \\\n  d", "deno task e"],
  ]);
});

Deno.test("output is a block that starts with no program", () => {
  assertEquals(outputBlocks(PAGE), [["one", "  two ..."]]);
});

Deno.test("a command in the text counts if it has arguments", () => {
  assertEquals(inlineCommands(PAGE), ["deno task b"]);
});

Deno.test("shown lines are whole lines, or starts of lines before an ellipsis", () => {
  const shown = ["one", "  two ..."];
  assertEquals(missingLines(shown, "zero\none\n  two and three\n"), []);
  assertEquals(missingLines(shown, "one more\n two and three\n"), shown);
});
