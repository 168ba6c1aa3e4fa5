/** Shell commands in Markdown, and the output that the text shows for them. */

/** An indented or fenced block of shell commands. */
export interface ShellBlock {
  /** The commands, one to an element; a command that goes on after a backslash is one. */
  readonly commands: readonly string[];
}

/** The programs with which a command line starts. */
const PROGRAM = /^(?:npx|deno|powercut|qemu-[a-z]+|cp|sh|bash|nbd[a-z]+|cd|git) /;

/** Blocks of four spaces, and of fences for `sh`, in the order of the text, without indentation. */
function codeBlocks(markdown: string): string[] {
  const blocks: string[] = [];
  let block: string[] | undefined;
  let fence: string | undefined;
  for (const line of `${markdown}\n`.split("\n")) {
    if (line.startsWith("```")) {
      if (fence === undefined) {
        fence = line.slice(3).trim();
        block = [];
      } else {
        if (["", "sh", "bash", "console"].includes(fence)) blocks.push(block!.join("\n"));
        fence = block = undefined;
      }
    } else if (fence !== undefined) {
      block!.push(line);
    } else if (line.startsWith("    ")) {
      (block ??= []).push(line.slice(4));
    } else if (block) {
      blocks.push(block.join("\n"));
      block = undefined;
    }
  }
  return blocks;
}

/** Whether a block consists of commands rather than output: its first line starts a program. */
function isShell(block: string): boolean {
  return PROGRAM.test(block.replace(/^\$ /, ""));
}

/** The blocks of shell commands. */
export function shellBlocks(markdown: string): ShellBlock[] {
  return codeBlocks(markdown).filter(isShell).map((block) => ({
    commands: block.replaceAll("\\\n", "\\\r").split("\n")
      .map((command) => command.replaceAll("\\\r", "\\\n").replace(/^\$ /, "")),
  }));
}

/** The blocks of output, as lines. A line that ends in ` ...` is the start of a longer one. */
export function outputBlocks(markdown: string): string[][] {
  return codeBlocks(markdown).filter((block) => !isShell(block)).map((block) => block.split("\n"));
}

/** The commands between backquotes in the text. */
export function inlineCommands(markdown: string): string[] {
  const text = markdown.replaceAll(/^```.*?^```/gms, "");
  return [...text.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code).filter((code) =>
    /^(?:npx|deno task) /.test(code)
  );
}

/** The lines that the output lacks. */
export function missingLines(shown: readonly string[], output: string): string[] {
  const lines = output.split("\n");
  return shown.filter((line) => {
    const start = line.endsWith(" ...") ? line.slice(0, -" ...".length) : undefined;
    return !lines.some((each) => start === undefined ? each === line : each.startsWith(start));
  });
}
