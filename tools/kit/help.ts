import type { Command, Option } from "./command.ts";

const NAME = "qed";
/** The width of the help, in characters. */
const LINE_COLUMNS = 92;

/** The help of the whole tool. */
export function generalHelp(commands: readonly Command[]): string {
  const rows = commands.map(({ name, summary }) => [name, summary] as const);
  return [
    `Usage: ${NAME} COMMAND [OPTION]... OPERAND...`,
    "",
    "Create, read, write, check, repair and convert QED disk images. Options, output and exit",
    "codes are those of qemu-img.",
    "",
    "Commands:",
    ...table(rows),
    "",
    `Sizes and offsets are bytes, or a number and one of k, M, G, T, P, E (powers of 1024).`,
    `'${NAME} COMMAND --help' says more about a command. Wrong usage ends with exit code 2.`,
    "",
  ].join("\n");
}

/** The help of one command. */
export function commandHelp(command: Command): string {
  const help: Option = { long: "help", short: "h", help: "print this and do nothing else" };
  return [
    `Usage: ${usageLine(command)}`,
    "",
    command.summary[0].toUpperCase() + command.summary.slice(1) + ".",
    "",
    "Options:",
    ...table([...command.options, help].map((option) => [optionSyntax(option), option.help])),
    "",
    ...(command.notes ? [command.notes, ""] : []),
    "Exit codes:",
    ...table([
      ...command.exitCodes.map(([code, meaning]) => [String(code), meaning] as const),
      ["2", "wrong usage"],
    ]),
    "",
    "Examples:",
    ...command.examples.flatMap((
      [args, what],
    ) => [`  ${NAME} ${command.name} ${args}`, `      ${what}`]),
    "",
  ].join("\n");
}

function usageLine(command: Command): string {
  const operands = command.operands.map(({ name, isOptional, isRepeatable }) =>
    isRepeatable ? `${name}...` : isOptional ? `[${name}]` : name
  );
  return [NAME, command.name, "[OPTION]...", ...operands].join(" ");
}

function optionSyntax({ short, long, value }: Option): string {
  const names = short ? `-${short}, --${long}` : `    --${long}`;
  return value ? `${names} ${value}` : names;
}

/** Two columns, the right one broken into lines. */
export function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.flatMap(([left, right]) =>
    wrap(right, LINE_COLUMNS - width - 4)
      .map((line, i) => `  ${(i === 0 ? left : "").padEnd(width)}  ${line}`)
  );
}

/** Break a text into lines of at most `columns` characters. */
function wrap(text: string, columns: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.length - 1;
    const longer = lines[last] === "" ? word : `${lines[last]} ${word}`;
    if (longer.length <= columns || lines[last] === "") lines[last] = longer;
    else lines.push(word);
  }
  return lines;
}
