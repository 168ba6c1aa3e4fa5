/**
 * The image tool with the NBD server: `deno task qed COMMAND ...`. It is put together here because
 * the server's recorder and faults are the harness's, of which the tool knows nothing.
 *
 * @module
 */
import { COMMANDS } from "../commands.ts";
import { systemIo } from "../../kit/io.ts";
import { main } from "../main.ts";
import { nbdCommand } from "./command.ts";

const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Wait for a signal that asks the program to stop. A second one ends it at once, as usual. */
function untilSignal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const listener = () => {
    for (const signal of STOP_SIGNALS) Deno.removeSignalListener(signal, listener);
    resolve();
  };
  for (const signal of STOP_SIGNALS) Deno.addSignalListener(signal, listener);
  return promise;
}

if (import.meta.main) {
  const commands = [...COMMANDS, nbdCommand(untilSignal)];
  Deno.exit(await main(Deno.args, systemIo(), commands));
}
