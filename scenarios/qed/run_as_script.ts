import { reportText, scenarioTitle } from "./result_text.ts";
import { runScenario } from "./run_scenario.ts";
import type { Scenario } from "./scenario.ts";

/** Where a script writes; the process's own streams if not given. */
export interface ScriptStreams {
  /** Writes a line of the report. */
  print(text: string): void;
  /** Writes a line that says how the command line is wrong. */
  complain(text: string): void;
}

/**
 * Run a scenario's file as a script: print what `deno task crash run NAME` prints, but save no replay
 * files. Answers the exit code: 0 if every result is as expected, 1 if not, 2 if there are arguments.
 * Throws what the code under test throws.
 */
export async function runAsScript(
  scenario: Scenario,
  args: readonly string[] = Deno.args,
  { print, complain }: ScriptStreams = { print: console.log, complain: console.error },
): Promise<number> {
  if (args.length > 0) {
    complain(
      `${scenario.name}: unexpected argument '${args[0]}'\n` +
        `See deno task crash run ${scenario.name} --help`,
    );
    return 2;
  }
  print(scenarioTitle(scenario));
  const results = await runScenario(scenario);
  print(reportText(results));
  return results.every(({ asExpected }) => asExpected) ? 0 : 1;
}
