/**
 * Logs of our own recorder (`deno task qed nbd --record`): unlike those of `blklogwrites` they say when
 * each request was submitted, so they distinguish requests that overlapped in time.
 *
 * A replay in the order of submission shows the guest's requests, as for the other logs. A guest's
 * write counts as acknowledged once the write that shows it, and all writes in flight at its
 * submission, have completed, since the driver may have waited for any of them. That is never before
 * the real acknowledgement. A guest's flush begins and ends with the driver's; if that flush fails, the
 * guest counts as warned.
 *
 * @module
 */
import type { LogEvent } from "../../harness/advanced.ts";
import type { GuestView } from "./guest_view.ts";

/** The events of a log with the guest's requests, and the entry that each event comes from. */
export interface EventsWithGuest {
  readonly events: LogEvent[];
  readonly entryOfEvent: number[];
}

/** Insert the guest's requests between the `submitted` events, by a replay on `view`. */
export function withGuest(submitted: readonly LogEvent[], view: GuestView): EventsWithGuest {
  const guest = new GuestOfDriver(submitted, view);
  submitted.forEach((event, entry) => guest.take(event, entry));
  return { events: guest.events, entryOfEvent: guest.entryOfEvent };
}

/** Guest writes that the log shows, and the driver's writes that must complete first. */
interface Shown {
  readonly guestIds: readonly number[];
  readonly behind: Set<number>;
}

class GuestOfDriver implements EventsWithGuest {
  readonly events: LogEvent[] = [];
  readonly entryOfEvent: number[] = [];
  readonly #view: GuestView;
  readonly #inFlight = new Set<number>();
  /** For each flush of the driver in flight, the guest's flush. */
  readonly #flushes = new Map<number, number>();
  #shown: Shown[] = [];
  #nextId: number;
  #entry = 0;

  constructor(submitted: readonly LogEvent[], view: GuestView) {
    this.#view = view;
    this.#nextId = submitted.reduce((most, event) => {
      return "id" in event ? Math.max(most, event.id + 1) : most;
    }, 0);
  }

  take(event: LogEvent, entry: number): void {
    this.#entry = entry;
    switch (event.kind) {
      case "write-issued": {
        const label = this.#view.labelOf(event.offsetBytes, event.bytes.length);
        this.#inFlight.add(event.id);
        const guestIds = this.#begin(event);
        this.#add({ ...event, label });
        if (guestIds.length > 0) this.#shown.push({ guestIds, behind: new Set(this.#inFlight) });
        return;
      }
      case "discarded": {
        const guestIds = this.#begin(event);
        this.#add(event);
        if (guestIds.length > 0) this.#shown.push({ guestIds, behind: new Set(this.#inFlight) });
        return this.#acknowledge();
      }
      case "write-completed":
        this.#add(event);
        this.#inFlight.delete(event.id);
        for (const { behind } of this.#shown) behind.delete(event.id);
        return this.#acknowledge();
      case "write-failed":
        this.#add(event);
        this.#inFlight.delete(event.id);
        // The driver may never have acknowledged a guest write that this write shows or delays.
        this.#shown = this.#shown.filter(({ behind }) => !behind.has(event.id));
        return;
      case "flush-issued": {
        const id = this.#nextId++;
        this.#flushes.set(event.id, id);
        this.#add({ kind: "guest-flush-begun", id, isAllocating: this.#view.isAllocating() });
        return this.#add(event);
      }
      case "flush-completed": {
        const id = this.#flushes.get(event.id);
        this.#add(event);
        if (id !== undefined) this.#add({ kind: "guest-acknowledged", id });
        return;
      }
      case "flush-failed":
        this.#add(event);
        return this.#add({ kind: "guest-warned" });
      default:
        return this.#add(event);
    }
  }

  /** Begin the guest writes that a write or discard shows. */
  #begin(event: LogEvent & { kind: "write-issued" | "discarded" }): number[] {
    return this.#view.apply(event).map(({ offsetBytes, bytes }) => {
      const id = this.#nextId++;
      this.#add({ kind: "guest-write-begun", id, offsetBytes, bytes });
      return id;
    });
  }

  #acknowledge(): void {
    const isDone = ({ behind }: Shown) => behind.size === 0;
    for (const { guestIds } of this.#shown.filter(isDone)) {
      for (const id of guestIds) this.#add({ kind: "guest-acknowledged", id });
    }
    this.#shown = this.#shown.filter((each) => !isDone(each));
  }

  #add(event: LogEvent): void {
    this.events.push(event);
    this.entryOfEvent.push(this.#entry);
  }
}
