/** Runs trials, by name or all, until one finds something; prints that as JSON. Run on a copy. */
import { TRIALS } from "./trials.ts";

const names = Deno.args.length > 0 ? Deno.args : [...TRIALS.keys()];
let kill;
for (const name of names) {
  const trial = TRIALS.get(name);
  if (!trial) throw new Error(`mutants: no trial is called ${name}`);
  kill = trial();
  if (kill) break;
}
console.log(JSON.stringify(kill ?? null));
