import type { Recorded } from "../../../test_support/recording.ts";
import { MemoryStorage } from "../../storage/memory_storage.ts";

/** A file as a crash may leave it. */
export interface CrashState {
  /** A description for messages: the number of requests issued, and those that are durable. */
  readonly name: string;
  /** The file's contents. */
  readonly bytes: Uint8Array;
}

/**
 * Crash states of `log` over `base`, after each number of requests: everything issued is durable;
 * of the requests since the last flush none is, only one is, or all but one are. Simple on purpose:
 * the harness explores all states.
 */
export function* crashStates(
  base: Uint8Array,
  log: readonly Recorded[],
): Generator<CrashState> {
  for (let issued = 0; issued <= log.length; issued++) {
    const flushed = log.slice(0, issued).findLastIndex(({ kind }) => kind === "flush") + 1;
    const pending = Array.from({ length: issued - flushed }, (_, i) => flushed + i);
    const name = (what: string) => `${issued} of ${log.length} requests, ${what}`;
    const state = (what: string, kept: (index: number) => boolean) => ({
      name: name(what),
      bytes: replay(base, log.slice(0, issued).filter((_, i) => i < flushed || kept(i))),
    });
    yield state("all of them", () => true);
    yield state("those before the last flush", () => false);
    for (const one of pending) {
      yield state(`of those since the last flush only number ${one}`, (i) => i === one);
      yield state(`of those since the last flush not number ${one}`, (i) => i !== one);
    }
  }
}

function replay(base: Uint8Array, log: readonly Recorded[]): Uint8Array {
  const file = new MemoryStorage(base);
  for (const entry of log) {
    if (entry.kind === "flush") continue;
    if (entry.kind === "write") file.perform({ ...entry, file: 0, label: "" });
    else file.perform({ ...entry, file: 0, label: "" });
  }
  return file.toBytes();
}
