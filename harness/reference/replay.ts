import type { WriteLog } from "../log/write_log.ts";
import type { Preset } from "../model/presets.ts";
import { DiskReplay } from "./disk_replay.ts";
import { GuestReplay } from "./guest_replay.ts";

/**
 * Replays a log event by event: the contents of the disk, and the promises to the guest.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Recorder, Replay, SECTORS } from "@powercut/powercut/harness";
 * import { type Operation } from "@powercut/powercut/lib";
 *
 * const recorder = new Recorder({ base: new Uint8Array(512) });
 * const bytes = new Uint8Array(512).fill(1);
 * recorder.guestWrite(0, bytes, (function* (): Operation<void> {
 *   yield { kind: "write", file: 0, offsetBytes: 0, bytes, label: "data" };
 * })());
 * const { log } = recorder;
 * const { disk, guest } = new Replay(log, SECTORS).advanceTo(log.events.length - 1);
 * assertEquals(disk.pending.length, 1); // nothing has flushed it
 * assertEquals(guest.permitted(0).map(([first]) => first), [0, 1]); // so it may be lost
 * ```
 */
export class Replay {
  readonly #log: WriteLog;
  readonly #preset: Preset;
  /** The possible contents of the disk. */
  readonly disk: DiskReplay;
  /** The permitted contents of guest sectors. */
  readonly guest: GuestReplay;
  #event = -1;

  /** Before the first event of `log`. */
  constructor(
    log: WriteLog,
    preset: Preset,
    { disk, guest }: Pick<Replay, "disk" | "guest"> = {
      disk: new DiskReplay(log, preset),
      guest: new GuestReplay(log.guestBase, log.base.sizeBytes),
    },
  ) {
    this.#log = log;
    this.#preset = preset;
    this.disk = disk;
    this.guest = guest;
  }

  /** The last event that has happened; -1: none. */
  get event(): number {
    return this.#event;
  }

  /** Go on by one event. */
  advance(): void {
    const at = ++this.#event;
    const event = this.#log.events[at];
    this.disk.apply(event, at);
    this.guest.apply(event, at, this.disk.sizes[0].sizeBytes);
  }

  /** Go on to an event. */
  advanceTo(event: number): this {
    while (this.#event < event) this.advance();
    return this;
  }

  /** A copy at the same place in the log, independent of this one. */
  fork(): Replay {
    const parts = { disk: this.disk.fork(), guest: this.guest.fork() };
    const copy = new Replay(this.#log, this.#preset, parts);
    copy.#event = this.#event;
    return copy;
  }
}
