import type { Command, CommandGroup, Example, Operand, Option, Program } from "./command.ts";
import { EXIT_CODES_PAGE, USAGE_ROW } from "./exit_codes.ts";

/** The width of the help, in characters. */
const LINE_COLUMNS = 92;

const HELP_OPTION: Option = { long: "help", short: "h", help: "print this and do nothing else" };

/** The help of a command that the user calls by `words`, such as `powercut qed check`. */
export async function commandHelp(command: Command, words: string): Promise<string> {
  return sections([
    `usage: ${usageLine(words, command)}`,
    sentence(command.summary),
    section("options", optionRows(command.options)),
    await textOf(command.notes),
    exitCodes(command.exitCodes),
    examples(command.examples, words),
  ]);
}

/** The help of a group that the user calls by `words`, such as `powercut crash`. */
export async function groupHelp(group: CommandGroup, words: string): Promise<string> {
  const { fallback, commands } = group;
  return sections([
    `usage: ${words} ${fallback ? "[COMMAND]" : "COMMAND"} [OPTION]... [OPERAND]...`,
    group.description,
    section("commands", [
      ...(fallback ? [["(none)", fallback.summary] as const] : []),
      ...commands.map(commandRow),
    ]),
    fallback ? section("options without a command", optionRows(fallback.options)) : "",
    await textOf(group.notes),
    exitCodes(group.exitCodes ?? []),
    examples(group.examples, words),
    `'${words} COMMAND --help' explains a command.`,
  ]);
}

/** Two columns, the right one broken into lines. */
export function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.flatMap(([left, right]) =>
    wrap(right, LINE_COLUMNS - width - 4)
      .map((line, i) => `  ${(i === 0 ? left : "").padEnd(width)}  ${line}`)
  );
}

/** A heading and two columns below it, for notes. */
export function section(title: string, rows: readonly (readonly [string, string])[]): string {
  return rows.length === 0 ? "" : [`${title}:`, ...columns(rows)].join("\n");
}

function sections(texts: readonly string[]): string {
  return `${texts.filter((text) => text !== "").join("\n\n")}\n`;
}

function textOf(notes: Command["notes"]): string | Promise<string> {
  return typeof notes === "function" ? notes() : notes ?? "";
}

function sentence(phrase: string): string {
  return wrap(`${phrase[0].toUpperCase()}${phrase.slice(1)}.`, LINE_COLUMNS).join("\n");
}

function commandRow(program: Program): readonly [string, string] {
  const operands = "operands" in program ? program.operands.map(operandSyntax) : [];
  return [[program.name, ...operands].join(" "), program.summary];
}

function optionRows(options: readonly Option[]): (readonly [string, string])[] {
  return [...options, HELP_OPTION].map((option) => [optionSyntax(option), option.help]);
}

function exitCodes(own: Command["exitCodes"]): string {
  const isKnown = own.some(([code]) => code === USAGE_ROW[0]);
  const rows = (isKnown ? [...own] : [...own, USAGE_ROW]).toSorted(([one], [other]) => one - other);
  return section(
    `exit codes (${EXIT_CODES_PAGE})`,
    rows.map(([code, meaning]) => [String(code), meaning]),
  );
}

function examples(all: readonly Example[], words: string): string {
  if (all.length === 0) return "";
  const lines = all.flatMap(([args, effect]) => [
    `  ${words}${args === "" ? "" : ` ${args}`}`,
    ...wrap(effect, LINE_COLUMNS - 6).map((line) => `      ${line}`),
  ]);
  return ["examples:", ...lines].join("\n");
}

function usageLine(words: string, command: Command): string {
  return [words, "[OPTION]...", ...command.operands.map(operandSyntax)].join(" ");
}

function operandSyntax({ name, isOptional, isRepeatable }: Operand): string {
  const all = isRepeatable ? `${name}...` : name;
  return isOptional ? `[${all}]` : all;
}

function optionSyntax({ short, long, value }: Option): string {
  const names = short ? `-${short}, --${long}` : `    --${long}`;
  return value ? `${names} ${value}` : names;
}

/** Break a text into lines of at most `columnCount` characters. */
function wrap(text: string, columnCount: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.length - 1;
    const longer = lines[last] === "" ? word : `${lines[last]} ${word}`;
    if (longer.length <= columnCount || lines[last] === "") lines[last] = longer;
    else lines.push(word);
  }
  return lines;
}
