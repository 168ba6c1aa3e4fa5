import { ensureDirSync, existsSync } from "@std/fs";
import type { Adapter, CommandName, CommandTemplate } from "./adapter.ts";
import { IMAGE_NAME, type ImageCase } from "./cases/case.ts";
import { commandLine } from "./command_line.ts";
import type { CommandRunner, ProcessOutcome } from "../kit/process_outcome.ts";
import { expandContents } from "./parts.ts";

/** The finding of a test; undefined if the result is as expected. */
export type Finding =
  | {
    /** The result of the implementation, in the same few words each time. */
    readonly found: string;
    /** The output, for people. */
    readonly detail: string;
  }
  | undefined;

/** The finding of a test with the expected result. */
export const PASS: Finding = undefined;

/** Whatever a command changes gets a later time than this: the day the RFC was posted. */
const LONG_AGO = new Date("2010-09-06T10:04:38Z");
const OUTPUT_NAME = "output";
/** The number of characters of the output that are kept for people. */
const DETAIL_LENGTH = 2000;

/** A folder with the files of a case, in which an implementation runs. */
export class TestWorkspace {
  readonly #adapter: Adapter;
  readonly #runner: CommandRunner;
  readonly #folder: string;
  readonly #isReadOnly: boolean;
  readonly #names: readonly string[];

  /** Put the files into `folder`. If `writes` is false, commands must leave them as they are. */
  constructor(parts: {
    readonly adapter: Adapter;
    readonly runner: CommandRunner;
    readonly folder: string;
    readonly files: ImageCase["files"];
    readonly writes: boolean;
  }) {
    this.#adapter = parts.adapter;
    this.#runner = parts.runner;
    this.#folder = parts.folder;
    this.#isReadOnly = !parts.writes;
    this.#names = Object.keys(parts.files);
    saveFiles(parts.files, parts.folder);
    for (const name of this.#names) {
      Deno.utimeSync(`${this.#folder}/${name}`, LONG_AGO, LONG_AGO);
    }
  }

  /** The template of a command that the adapter has. */
  template(command: CommandName): CommandTemplate {
    const template = this.#adapter.commands[command];
    if (!template) throw new Error(`conformance: ${this.#adapter.name} has no ${command}`);
    return template;
  }

  /** Run a command on the image. */
  async run(
    command: CommandName,
    values: Readonly<Record<string, string>> = {},
  ): Promise<ProcessOutcome> {
    removeIfThere(this.#output);
    const { run } = this.template(command);
    const words = commandLine(this.#adapter, run, {
      image: `${this.#folder}/${IMAGE_NAME}`,
      output: this.#output,
      ...values,
    });
    const outcome = await this.#runner.run(words, this.#folder);
    const changed = this.#isReadOnly && this.#names.find((name) => this.#isChanged(name));
    if (!changed || outcome.kind !== "exited") return outcome;
    return { kind: "killed", why: `it has written to ${changed}`, stderr: outcome.stderr };
  }

  /** Run a command that must succeed; answers what is wrong if it does not. */
  async succeed(
    command: CommandName,
    values: Readonly<Record<string, string>> = {},
  ): Promise<Finding> {
    const outcome = await this.run(command, values);
    if (outcome.kind !== "exited") return this.ended(outcome);
    return outcome.code === 0 ? PASS : this.fail("refused", outcome);
  }

  /** The finding that a command did not end by itself. */
  ended(outcome: Exclude<ProcessOutcome, { kind: "exited" }>): Finding {
    const words = { killed: "", crashed: "crashed: ", missing: "cannot be run: " };
    return { found: words[outcome.kind] + outcome.why, detail: this.#short(outcome.stderr) };
  }

  /** A finding, with what the command printed. */
  fail(found: string, outcome: ProcessOutcome): Finding {
    const printed = outcome.kind === "exited" ? new TextDecoder().decode(outcome.stdout) : "";
    return { found, detail: this.#short(outcome.stderr + printed) };
  }

  /** Check the folder's files; `check` returns a description of what is wrong. */
  verify(check: (folder: string) => string | undefined): Finding {
    const found = check(this.#folder);
    return found === undefined ? PASS : { found, detail: "" };
  }

  /** Check the file that the last command was to write. */
  verifyOutput(check: (path: string) => string | undefined): Finding {
    if (!existsSync(this.#output, { isFile: true })) return { found: "writes no file", detail: "" };
    return this.verify(() => check(this.#output));
  }

  /** The file that the last command wrote, or its output if it has none. */
  outputOr(stdout: Uint8Array): Uint8Array {
    return existsSync(this.#output, { isFile: true }) ? Deno.readFileSync(this.#output) : stdout;
  }

  get #output(): string {
    return `${this.#folder}/${OUTPUT_NAME}`;
  }

  /** The output of a command without the folder, which is another one each time. */
  #short(text: string): string {
    const shown = text.slice(0, 2 * DETAIL_LENGTH).replaceAll(`${this.#folder}/`, "");
    return shown.length > DETAIL_LENGTH ? `${shown.slice(0, DETAIL_LENGTH)}...` : shown;
  }

  #isChanged(name: string): boolean {
    try {
      const { mtime } = Deno.statSync(`${this.#folder}/${name}`);
      return mtime?.getTime() !== LONG_AGO.getTime();
    } catch {
      return true;
    }
  }
}

/** Write the files of a case into a folder. */
export function saveFiles(files: ImageCase["files"], folder: string): void {
  for (const [name, contents] of Object.entries(files)) {
    const path = `${folder}/${name}`;
    ensureDirSync(path.slice(0, path.lastIndexOf("/")));
    expandContents(contents).save(path);
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
