/** `deno task crash`: the command line of the harness, with QED bound to it. */
import { main } from "./cli/main.ts";

if (import.meta.main) Deno.exit(await main(Deno.args));
