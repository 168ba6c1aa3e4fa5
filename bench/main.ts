/** `deno task bench [NAME...]`: measurements, each beside a peer in the same run. */
import * as check from "./check.ts";
import * as convert from "./convert.ts";
import * as explorer from "./explorer.ts";

/** A measurement that prints its own figures. */
interface Benchmark {
  readonly name: string;
  run(): Promise<void>;
}

const BENCHMARKS: readonly Benchmark[] = [explorer, check, convert];

if (import.meta.main) {
  const wanted = Deno.args;
  const unknown = wanted.find((name) => !BENCHMARKS.some((each) => each.name === name));
  if (unknown !== undefined) {
    const known = BENCHMARKS.map((each) => each.name).join(", ");
    console.error(`bench: unknown benchmark "${unknown}": one of ${known}`);
    Deno.exit(2);
  }
  for (const each of BENCHMARKS) {
    if (wanted.length > 0 && !wanted.includes(each.name)) continue;
    console.log(`\n== ${each.name}\n`);
    await each.run();
  }
}
