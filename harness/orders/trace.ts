/**
 * When no crash can distinguish two logs.
 *
 * Two events next to each other commute if swapping them changes no violation that a crash can
 * show. Logs that result from each other by such swaps are one trace, and one of them stands for
 * all. Which events commute follows from the effect of each, see `LogWalker` in model/log_walker.ts:
 *
 * - A **completed write** does not change the possible contents of the disk. A flush that is issued
 *   later covers it; nothing else depends on it. (Under a preset in which a write in flight
 *   corrupts its neighbourhood, completing it ends that; so there it commutes with other
 *   completions only.)
 * - An **acknowledged guest write** changes nothing either, until a guest's flush or another guest
 *   write begins.
 * - An **issued write** adds states and removes none. Two that share no unit, and of which at most
 *   one grows the file, lead to the same states in both orders. Any state after a crash between
 *   them can also follow a crash after both, where the guest is promised the same; so no violation
 *   shows in one order only.
 * - An **issued flush**, and a guest's flush that begins, only record which requests have
 *   completed.
 *
 * Everything else keeps its order: durability, promises, changes of size, discards.
 *
 * @module
 */
import type { LogEvent } from "../log/write_log.ts";
import type { Preset } from "../model/presets.ts";
import { digestOf } from "../../lib/storage/digest.ts";
import { SECTOR_BYTES } from "../../lib/storage/sector.ts";

/** An event, with properties beyond the log. */
interface Traced {
  readonly event: LogEvent;
  readonly name: string;
  /** A guest's flush, or a write that is durable when it completes: by the id of its start. */
  readonly isBinding: boolean;
}

/** Takes in a log, event by event, and computes its trace. */
export class TraceBuilder {
  readonly #unitBytes: number;
  /** Whether it matters which writes are in flight. */
  readonly #corruptions: boolean;
  readonly #traced: Traced[] = [];
  readonly #digests: string[] = [];
  /** By the id of a request, the name of the event that started it. */
  readonly #names = new Map<number, string>();
  readonly #binding = new Set<number>();
  readonly #counts = new Map<number, number>();
  /** The smallest size that the file had, in bytes: writes below it do not grow the file. */
  #leastBytes: number;

  /** A trace of no events on a file of `baseBytes`. */
  constructor(preset: Preset, baseBytes: number) {
    this.#leastBytes = baseBytes;
    this.#corruptions = preset.corruptionBytes > 0;
    if (preset.ordered) this.#unitBytes = Infinity;
    else this.#unitBytes = preset.unit === "write" ? SECTOR_BYTES : preset.unit;
  }

  /** How many events it has taken in. */
  get length(): number {
    return this.#traced.length;
  }

  /** Go on by an event that `owner` has brought about; its own events never change their order. */
  add(event: LogEvent, owner: number): void {
    const count = this.#counts.get(owner) ?? 0;
    this.#counts.set(owner, count + 1);
    const name = `${owner}.${count}`;
    if ("id" in event) this.#start(event.id, event, name);
    if (event.kind === "resized") {
      this.#leastBytes = Math.min(this.#leastBytes, event.sizeBytes);
    }
    const isBinding = "id" in event && this.#binding.has(event.id);
    const traced = { event, name, isBinding };
    const before = this.#traced
      .filter((other) => !this.#commute(other, traced)).map((other) => other.name).sort();
    this.#traced.push(traced);
    this.#digests.push(digestOf(name, this.#line(event), before.join()));
  }

  /** The trace so far: equal for logs that no crash can distinguish. */
  digest(): string {
    return digestOf(...[...this.#digests].sort());
  }

  #start(id: number, event: LogEvent, name: string): void {
    if (this.#names.has(id)) return;
    this.#names.set(id, name);
    const isForced = event.kind === "write-issued" && event.forceUnitAccess === true;
    if (isForced || event.kind === "guest-flush-begun") this.#binding.add(id);
  }

  /** An event with the name of its request in place of a number that depends on the order. */
  #line(event: LogEvent): string {
    const id = "id" in event ? this.#names.get(event.id) ?? "" : "";
    const bytes = "bytes" in event ? digestOf(event.bytes) : "";
    return JSON.stringify({ ...event, id, bytes });
  }

  #commute(one: Traced, other: Traced): boolean {
    return this.#mayPass(one, other) || this.#mayPass(other, one);
  }

  #mayPass({ event, isBinding }: Traced, other: Traced): boolean {
    const { kind } = other.event;
    switch (event.kind) {
      case "write-completed":
        if (isBinding || kind === "write-completed" && other.isBinding) return false;
        if (this.#corruptions && kind !== "write-completed") return false;
        return kind !== "flush-issued" && kind !== "resized" &&
          kind !== "discarded" && !("id" in other.event && other.event.id === event.id);
      case "guest-acknowledged":
        if (isBinding) return false;
        return kind === "write-issued" || kind === "flush-issued" || kind === "flush-completed" ||
          kind === "guest-acknowledged" && !other.isBinding;
      case "write-issued":
        if (kind === "write-issued") return this.#areApart(event, other.event as typeof event);
        return kind === "flush-issued" || kind === "guest-flush-begun";
      case "flush-issued":
        return kind === "flush-issued" || kind === "guest-flush-begun";
      default:
        return false;
    }
  }

  /** Whether two writes share no unit, and at most one may grow the file. */
  #areApart(one: WriteIssued, other: WriteIssued): boolean {
    const [first, second] = one.offsetBytes < other.offsetBytes ? [one, other] : [other, one];
    const endBytes = first.offsetBytes + first.bytes.length;
    if (this.#unitBytes === Infinity) return false;
    const endUnit = Math.ceil(endBytes / this.#unitBytes);
    if (endUnit > Math.floor(second.offsetBytes / this.#unitBytes)) return false;
    return endBytes <= this.#leastBytes ||
      second.offsetBytes + second.bytes.length <= this.#leastBytes;
  }
}

type WriteIssued = LogEvent & { readonly kind: "write-issued" };
