/** The seeds of the property tests: a fixed one, and a fresh one for each run. */
import type { TestBody } from "./optional.ts";

/** The date of the RFC. */
const FIXED_SEED = 20100906;

/** A seed and its name. */
export interface NamedSeed {
  /** The name for the output of the test, which tells how to use the same seed again. */
  readonly name: string;
  /** A 31-bit number. */
  readonly seed: number;
}

/** The fixed seed, then `POWERCUT_SEED` or, without it, a fresh one. */
export function testSeeds(): NamedSeed[] {
  const given = Deno.env.get("POWERCUT_SEED");
  const seed = given === undefined ? freshSeed() : Number(given);
  if (!Number.isSafeInteger(seed)) throw new Error(`POWERCUT_SEED must be a number: ${given}`);
  return [
    { name: `fixed seed ${FIXED_SEED}`, seed: FIXED_SEED },
    { name: `fresh seed (again with POWERCUT_SEED=${seed})`, seed },
  ];
}

/** Declare a test with one step for each of {@linkcode testSeeds}. */
export function seededTest(name: string, body: (seed: number) => Promise<void> | void): void {
  Deno.test(name, withSeeds(body));
}

/** A test's body that runs once for each of {@linkcode testSeeds}. */
export function withSeeds(body: (seed: number) => Promise<void> | void): TestBody {
  return async (context) => {
    for (const { name, seed } of testSeeds()) {
      await context.step(name, async () => await body(seed));
    }
  };
}

function freshSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] >>> 1;
}
