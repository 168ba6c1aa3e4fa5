import type { Recorded } from "../../../test_support/recording.ts";
import { MemoryStorage } from "../../storage/memory_storage.ts";

/** What a crash may leave behind, and when it came. */
export interface CrashState {
  /** For messages: how many requests had been issued, and which of them count. */
  readonly name: string;
  /** The file's contents. */
  readonly bytes: Uint8Array;
}

/**
 * States a crash may leave behind while `log` runs over `base`, after each number of requests:
 * everything issued so far is there; of what was issued since the last flush nothing is; one
 * request of it is; all but one is. Dumb on purpose: the harness does this exhaustively.
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
