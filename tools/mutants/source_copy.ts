/** A copy of the sources in which one file at a time is changed. */
import { ProcessRunner } from "../kit/process_runner.ts";
import { TempDir } from "../kit/temp_dir.ts";
import { copyTree } from "./copy_tree.ts";
import type { Kill, SourceMutant } from "./mutant.ts";

const COPIED = [
  "lib",
  "harness",
  "scenarios",
  "tools",
  "offline",
  "mod.ts",
  "deno.json",
  "deno.lock",
];
const ROOT = new URL("../../", import.meta.url);
/** A trial takes under a second; a driver that does not end in this time never does. */
const MAX_SECONDS = 30;

/** One copy, for one mutant at a time. */
export class SourceCopy implements Disposable {
  readonly #folder = new TempDir({ prefix: "powercut_mutants_", inMemory: true });
  readonly #runner = new ProcessRunner({ seconds: MAX_SECONDS });

  /** Copies the sources to a temporary folder, in memory where there is one. */
  constructor() {
    for (const name of COPIED) {
      copyTree(new URL(name, ROOT).pathname, `${this.#folder.path}/${name}`);
    }
  }

  /** The detection of `mutant` by the trials; undefined if it survives. */
  async run(mutant: SourceMutant): Promise<Kill | undefined> {
    const path = `${this.#folder.path}/${mutant.file}`;
    const source = Deno.readTextFileSync(path);
    Deno.writeTextFileSync(path, mutated(source, mutant));
    try {
      return await this.#runTrials(mutant.trials ?? []);
    } finally {
      Deno.writeTextFileSync(path, source);
    }
  }

  async #runTrials(trials: readonly string[]): Promise<Kill | undefined> {
    const options = ["run", "-A", "--quiet", "--no-check", "--frozen"];
    const words = [Deno.execPath(), ...options, "tools/mutants/runner.ts", ...trials];
    const outcome = await this.#runner.run(words, this.#folder.path);
    if (outcome.kind === "killed" || outcome.kind === "crashed") return endless(trials);
    // A driver that does not even load is no bug that a trial has found.
    if (outcome.kind !== "exited" || outcome.code !== 0) {
      throw new Error(`mutants: ${outcome.stderr}`);
    }
    return JSON.parse(new TextDecoder().decode(outcome.stdout)) ?? undefined;
  }

  /** Removes the copy. */
  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}

/** A source with a mutant in it. Throws if the piece to replace does not occur exactly once. */
export function mutated(source: string, { name, file, find, replace }: SourceMutant): string {
  const pieces = source.split(find);
  if (pieces.length !== 2) {
    throw new Error(`mutants: "${name}" fits ${pieces.length - 1} times into ${file}, not once`);
  }
  return pieces.join(replace);
}

function endless(trials: readonly string[]): Kill {
  const trial = trials[0] ?? "all";
  const nothing = { states: 0, requests: 0, persisted: 0 };
  return { trial, oracle: "never ends", preset: "-", milliseconds: MAX_SECONDS * 1000, ...nothing };
}
