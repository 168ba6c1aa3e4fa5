import type { Scenario } from "./scenario.ts";

/**
 * Run a scenario's file as a script: the same as `deno task crash run NAME`, with the script's
 * arguments as options. Ends the process with the exit code.
 *
 * Not to be awaited at the top level: the command line imports every scenario, this one too, and
 * would wait for it.
 */
export function runAsScript(scenario: Scenario): void {
  import("../../tools/crash/main.ts")
    .then(({ main }) => main(["run", scenario.name, ...Deno.args]))
    .then(Deno.exit);
}
