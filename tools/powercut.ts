/**
 * The command line `powercut`, and the tasks of deno.json: `powercut crash` and `deno task crash` do the
 * same.
 *
 * @module
 */
import { systemIo } from "./kit/io.ts";
import { runPowercut } from "./programs.ts";

/**
 * Run the command line `args`, which begin with a program, on the streams of this process. Returns the
 * exit code; docs/exit-codes.md lists them.
 */
export function main(args: readonly string[]): Promise<number> {
  return runPowercut(args, systemIo());
}

/**
 * Deno runs a task in the folder of deno.json; names on the command line start from where the user
 * stands. Returns the words before the name of a program.
 */
function enterUserFolder(): "powercut" | "deno task" {
  const userFolder = Deno.env.get("INIT_CWD");
  const isOwnTask = userFolder !== undefined &&
    Deno.cwd() === Deno.realPathSync(new URL("..", import.meta.url));
  if (!isOwnTask) return "powercut";
  Deno.chdir(userFolder);
  return "deno task";
}

if (import.meta.main) {
  const invocation = import.meta.url.startsWith("file:") ? enterUserFolder() : "powercut";
  Deno.exit(await runPowercut(Deno.args, systemIo(invocation)));
}
