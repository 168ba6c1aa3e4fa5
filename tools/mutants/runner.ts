/** Runs trials, by name or all, until one finds a violation; prints it as JSON. Runs in a copy of the sources. */
import type { Kill } from "./mutant.ts";
import { TRIALS } from "./trials.ts";

/** The first detection: a violation if there is any, else an exception. */
function firstKill(names: readonly string[]): Kill | undefined {
  let thrown: Kill | undefined;
  for (const name of names) {
    const trial = TRIALS.get(name);
    if (!trial) throw new Error(`mutants: no trial is called ${name}`);
    const kill = trial();
    if (kill && kill.message === undefined) return kill;
    thrown ??= kill;
  }
  return thrown;
}

const names = Deno.args.length > 0 ? Deno.args : [...TRIALS.keys()];
console.log(JSON.stringify(firstKill(names) ?? null));
