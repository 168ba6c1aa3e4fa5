/**
 * Runs command lines that are wrong, and prints what came of each as JSON: the program of a test that
 * looks whether any of them leaves a file in the working directory.
 */
import { BENCH } from "../bench/main.ts";
import type { Command, CommandGroup, Program } from "./kit/command.ts";
import { runCaptured } from "./kit/captured_io.ts";
import { runProgram } from "./kit/run_program.ts";
import { PROGRAMS } from "./programs.ts";

/** A wrong command line, and the message that it must get. */
interface WrongLine {
  readonly program: Program;
  readonly args: readonly string[];
  readonly message: string;
}

/** A wrong command line and its outcome. */
export interface WrongLineResult {
  readonly line: string;
  readonly message: string;
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Every wrong line of a program that is a group of commands, or one command. */
async function wrongLines(program: Program, path: readonly string[] = []): Promise<WrongLine[]> {
  const loaded = "load" in program ? await program.load() : program;
  return "run" in loaded ? linesOfCommand(loaded, path) : await linesOfGroup(loaded);
}

async function linesOfGroup(group: CommandGroup): Promise<WrongLine[]> {
  const own: WrongLine[] = [{
    program: group,
    args: ["frobnicate"],
    message: "unknown command 'frobnicate'",
  }];
  for (const { name } of group.commands) {
    const misspelt = swapLetters(name);
    if (misspelt === name || group.commands.some((each) => each.name === misspelt)) continue;
    own.push({
      program: group,
      args: [misspelt],
      message: `unknown command '${misspelt}' (did you`,
    });
  }
  if (group.fallback) own.push(...linesOfCommand(group.fallback, []));
  const inner = await Promise.all(group.commands.map((each) => wrongLines(each, [each.name])));
  return [...own, ...inner.flat()].map((line) => ({ ...line, program: group }));
}

function linesOfCommand(command: Command, path: readonly string[]): WrongLine[] {
  const { operands, options, conflicts = [] } = command;
  const required = operands.filter(({ isOptional }) => !isOptional);
  const operandsGiven = required.map(({ name }) => `no-such-${name.toLowerCase()}`);
  const lines: [string[], string][] = [
    [["--frobnicate", ...operandsGiven], "unknown option '--frobnicate'"],
    ...required.map((_, i): [string[], string] => [
      operandsGiven.slice(0, i),
      `missing operand ${required.slice(i).map(({ name }) => name).join(" and ")}`,
    ]),
    ...options.map((option): [string[], string] => {
      const wrong = `--${option.long}x`;
      return [[wrong, ...operandsGiven], `unknown option '${wrong}' (did you mean '`];
    }),
    ...options.filter(({ value, mayBeEmpty }) => value && !mayBeEmpty)
      .map(({ long }): [string[], string] => [[...operandsGiven, `--${long}=`], "needs a value"]),
    ...options.filter(({ value }) => !value).map(({ long }): [string[], string] => [
      [...operandsGiven, `--${long}=yes`],
      `--${long} takes no value`,
    ]),
    ...options.filter(({ choices }) => choices).map(({ long }): [string[], string] => [
      [...operandsGiven, `--${long}`, "frobnicate"],
      "not 'frobnicate'",
    ]),
    ...conflicts.map(([one, other]): [string[], string] => {
      const given = [one, other].flatMap((name) =>
        options.find(({ long }) => long === name)!.value ? [`--${name}`, "1"] : [`--${name}`]
      );
      return [[...operandsGiven, ...given], `--${one} cannot be combined with --${other}`];
    }),
  ];
  if (!operands.at(-1)?.isRepeatable) {
    const all = operands.map(({ name }) => `no-such-${name.toLowerCase()}`);
    lines.push([[...all, "superfluous"], `un`]);
  }
  return lines.map(([args, message]) => ({ program: command, args: [...path, ...args], message }));
}

/** The same word with its second and third letter in the other order. */
function swapLetters(word: string): string {
  return word[0] + (word[2] ?? "") + (word[1] ?? "") + word.slice(3);
}

async function runAll(): Promise<WrongLineResult[]> {
  const results: WrongLineResult[] = [];
  for (const program of [...PROGRAMS, BENCH]) {
    for (const { program: target, args, message } of await wrongLines(program)) {
      const { code, stdout, stderr } = await runCaptured((io) => runProgram(target, args, io));
      results.push({ line: [program.name, ...args].join(" "), message, code, stdout, stderr });
    }
  }
  return results;
}

if (import.meta.main) console.log(JSON.stringify(await runAll()));
