import type { WriteLog } from "../log/write_log.ts";
import type { Contents } from "./contents.ts";
import type { Epoch } from "./epoch.ts";
import { GuestHistory } from "./guest_history.ts";
import { LogWalker } from "./log_walker.ts";
import { type Preset, SECTORS } from "./presets.ts";

/**
 * Cut a log into its epochs. Each one is valid until the next is requested: the durable image and
 * the history advance with the log, and ids of `contents` may change. Memory grows with the number
 * of pending writes and of pages written.
 */
export function* epochsOf(
  log: WriteLog,
  contents: Contents,
  { flushesAreHonest, tears }: Pick<Preset, "flushesAreHonest" | "tears"> = SECTORS,
): Generator<Epoch> {
  const history = new GuestHistory(log.guestBase, contents, { tears });
  const walker = new LogWalker(log, contents, history, flushesAreHonest);
  let firstEvent = -1;
  for (let event = 0; event < log.events.length; event++) {
    if (walker.isBoundary(log.events[event])) {
      yield walker.epoch(firstEvent, event - 1);
      if (contents.isLarge) walker.dropContents();
      firstEvent = event;
    }
    walker.apply(log.events[event], event);
  }
  yield walker.epoch(firstEvent, log.events.length - 1);
}
