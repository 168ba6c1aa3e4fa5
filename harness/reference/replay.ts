import type { WriteLog } from "../log/write_log.ts";
import type { Preset } from "../model/presets.ts";
import { DiskReplay } from "./disk_replay.ts";
import { GuestReplay } from "./guest_replay.ts";

/**
 * Replays a log event by event: the contents of the disk, and the promises to the guest.
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
