/** A copy of the sources in which one file at a time is changed. */
import { existsSync } from "@std/fs";
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
const MEMORY = "/dev/shm";
/** A trial takes under a second; a driver that does not end in this time never does. */
const MOST_MILLISECONDS = 30_000;

/** One copy, for one defect at a time. */
export class Workplace implements Disposable {
  readonly #folder: string;

  /** Copies the sources to a temporary folder, in memory where there is one. */
  constructor() {
    const memory = existsSync(MEMORY, { isDirectory: true }) ? { dir: MEMORY } : {};
    this.#folder = Deno.makeTempDirSync({ prefix: "mutants-", ...memory });
    for (const name of COPIED) copyTree(new URL(name, ROOT).pathname, `${this.#folder}/${name}`);
  }

  /** What the trials find with `mutant` in place; undefined for nothing. */
  async run(mutant: SourceMutant): Promise<Kill | undefined> {
    const path = `${this.#folder}/${mutant.file}`;
    const source = Deno.readTextFileSync(path);
    Deno.writeTextFileSync(path, planted(source, mutant));
    try {
      return await this.#runTrials(mutant.trials ?? []);
    } finally {
      Deno.writeTextFileSync(path, source);
    }
  }

  async #runTrials(trials: readonly string[]): Promise<Kill | undefined> {
    const command = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--no-check", "--frozen", "tools/mutants/runner.ts"]
        .concat(trials),
      cwd: this.#folder,
      signal: AbortSignal.timeout(MOST_MILLISECONDS),
    });
    const { success, stdout, stderr, signal } = await command.output();
    if (signal) return endless(trials);
    // A driver that does not even load is no defect that a trial has found.
    if (!success) throw new Error(`mutants: ${new TextDecoder().decode(stderr)}`);
    return JSON.parse(new TextDecoder().decode(stdout)) ?? undefined;
  }

  /** Removes the copy. */
  [Symbol.dispose](): void {
    Deno.removeSync(this.#folder, { recursive: true });
  }
}

/** A source with the defect in it. Throws if it does not fit there exactly once. */
export function planted(source: string, { name, file, find, replace }: SourceMutant): string {
  const pieces = source.split(find);
  if (pieces.length !== 2) {
    throw new Error(`mutants: "${name}" fits ${pieces.length - 1} times into ${file}, not once`);
  }
  return pieces.join(replace);
}

function endless(trials: readonly string[]): Kill {
  const trial = trials[0] ?? "all";
  const nothing = { states: 0, requests: 0, persisted: 0 };
  return { trial, oracle: "never ends", preset: "-", milliseconds: MOST_MILLISECONDS, ...nothing };
}
