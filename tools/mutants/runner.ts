/** Runs trials, by name or all, until one judges against the driver; prints that as JSON. Run on a copy. */
import type { Kill } from "./mutant.ts";
import { TRIALS } from "./trials.ts";

/** What was found first: a judged violation if there is any, for what is thrown judges nothing. */
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
