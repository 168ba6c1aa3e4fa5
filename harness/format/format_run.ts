import type { Filter, Operation } from "../../lib/storage/mod.ts";
import type { ChoiceFunction } from "../log/interleave.ts";
import { Recorder } from "../log/recorder.ts";
import type { WriteLog } from "../log/write_log.ts";
import type { OrderScheduler } from "../orders/explore_orders.ts";
import type { RangeStep, Step } from "../target/subject.ts";
import type { FormatBinding } from "./format_binding.ts";
import { reasonAgainstStep } from "./check_steps.ts";
import { patternOf } from "./pattern.ts";

/** A workload while it runs on a file of a format. */
export class FormatRun {
  readonly #binding: FormatBinding;
  readonly #recorder: Recorder;
  readonly #hasFault: boolean;
  #session: { readonly value: unknown } | undefined;
  /** Whether a request of this session was refused: its user knows that data may be lost. */
  #hasRefused = false;
  #guestBytes: number;
  readonly #stepStarts: number[] = [];
  /** How many requests were refused. */
  refusals = 0;

  /** A fresh file. With a fault what is refused is counted, and the run goes on. */
  constructor(binding: FormatBinding, { fault }: { readonly fault?: Filter } = {}) {
    this.#binding = binding;
    this.#hasFault = fault !== undefined;
    this.#guestBytes = binding.shape.sizeBytes;
    this.#recorder = new Recorder({
      ...binding.prepared,
      otherFiles: binding.definition.otherFiles ?? [],
      faults: fault ? [fault] : [],
    });
  }

  /** The recording so far. */
  get log(): WriteLog {
    return this.#recorder.log;
  }

  /** For each step so far, how many events the log had when it began. */
  get stepStarts(): readonly number[] {
    return this.#stepStarts;
  }

  /** Open the file. */
  open(): void {
    this.#attempt(() => this.#open());
  }

  /** Carry out step number `number`. */
  perform(step: Step, number: number): void {
    this.#stepStarts.push(this.#recorder.eventCount);
    this.#attempt(() => this.#perform(step, number));
  }

  /**
   * Carry out all steps, with requests in flight together as far as no barrier separates them. A
   * flush begins when all requests before it have returned, and those after it need not wait for it;
   * opening, closing and growing go by themselves.
   */
  performTogether(steps: readonly Step[], scheduler: ChoiceFunction | OrderScheduler): void {
    this.#show(scheduler);
    for (const group of groupsOf(steps)) {
      if ("alone" in group) {
        this.perform(group.alone, group.number);
        continue;
      }
      this.#stepStarts.push(...group.map(() => this.#recorder.eventCount));
      const operations = group.map(({ step, number }) => this.#operationOf(step, number));
      this.#show(scheduler);
      this.#recorder.runTogether(operations, scheduler);
    }
  }

  /** Read the disk while the file is open; undefined if that is refused. */
  read(offsetBytes: number, lengthBytes: number): Uint8Array | undefined {
    const { definition } = this.#binding;
    const session = this.#session;
    if (!session) return undefined;
    const into = new Uint8Array(lengthBytes);
    const there = into.subarray(0, Math.max(0, this.#guestBytes - offsetBytes));
    let isRead = false;
    this.#attempt(() => {
      this.#recorder.run(definition.read(session.value, offsetBytes, there));
      isRead = true;
    });
    return isRead ? into : undefined;
  }

  /** Do something that may be refused; with a fault it is counted, otherwise thrown. */
  #attempt(act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!this.#hasFault || !this.#binding.refusal(error)) throw error;
      this.#hasRefused = true;
      this.refusals++;
    }
  }

  #open(): void {
    // A user whose session was refused something knows that it may have lost data.
    if (this.#hasRefused) this.#recorder.warnGuest();
    this.#hasRefused = false;
    this.#session = undefined;
    this.#session = { value: this.#recorder.run(this.#binding.definition.open()) };
  }

  #close(): void {
    const { definition } = this.#binding;
    if (definition.close) this.#recorder.run(definition.close(this.#openSession()));
  }

  /** The session; the file is opened if that was refused before. */
  #openSession(): unknown {
    if (!this.#session) this.#open();
    return this.#session!.value;
  }

  #perform(step: Step, number: number): void {
    this.#check(step);
    if ("offsetBytes" in step || step.kind === "flush") {
      this.#recorder.run(this.#operationOf(step, number));
    } else if (step.kind === "grow") this.#grow(step.sizeBytes);
    else if (step.kind === "close") this.#close();
    else {
      this.#attempt(() => this.#close());
      this.#open();
    }
  }

  #grow(sizeBytes: number): void {
    const { definition } = this.#binding;
    this.#recorder.run(definition.grow!(this.#openSession(), sizeBytes));
    this.#guestBytes = sizeBytes;
  }

  /** The operation of a request, with marks in the log for when it begins and returns. */
  #operationOf(step: RangeStep | FlushStep, number: number): Operation<void> {
    this.#check(step);
    const { definition } = this.#binding;
    const session = this.#openSession();
    if (step.kind === "flush") return this.#recorder.asGuestFlush(definition.flush(session));
    const { kind, offsetBytes, lengthBytes } = step;
    if (kind === "write") {
      const bytes = patternOf(number, offsetBytes, lengthBytes);
      const operation = definition.write(session, offsetBytes, bytes);
      return this.#recorder.asGuestWrite(offsetBytes, bytes, operation);
    }
    this.#recorder.giveUpSpace(this.#unitsTouched(step));
    const method = kind === "zero" ? "writeZeroes" : "discard";
    const operation = definition[method]!(session, offsetBytes, lengthBytes);
    return this.#recorder.asGuestWrite(offsetBytes, new Uint8Array(lengthBytes), operation);
  }

  /** Throws `RangeError` for a step that the format cannot carry out. */
  #check(step: Step): void {
    const reason = reasonAgainstStep(step, this.#binding.shape, this.#guestBytes);
    if (reason) throw new RangeError(`Cannot run a workload: a step is ${reason}`);
  }

  /** The units that a range touches, in bytes: what may be lost when it is given up. */
  #unitsTouched({ offsetBytes, lengthBytes }: RangeStep): number {
    const { allocationUnitBytes: unitBytes } = this.#binding.shape;
    const end = Math.ceil((offsetBytes + lengthBytes) / unitBytes);
    return (end - Math.floor(offsetBytes / unitBytes)) * unitBytes;
  }

  /** Let a scheduler look on. */
  #show(scheduler: ChoiceFunction | OrderScheduler): void {
    if (typeof scheduler === "function" || !("watch" in scheduler)) return;
    const recorder = this.#recorder;
    const { definition } = this.#binding;
    scheduler.watch({
      events: recorder.events,
      contents: () => recorder.contents,
      fingerprint: () => this.#session && definition.fingerprint?.(this.#session.value),
    });
  }
}

type FlushStep = Step & { readonly kind: "flush" };

/** A request and its number among the steps. */
interface Numbered {
  readonly step: RangeStep | FlushStep;
  readonly number: number;
}

/** Requests that run together, each flush beginning a group; and steps that run alone. */
function groupsOf(
  steps: readonly Step[],
): (readonly Numbered[] | { readonly alone: Step; readonly number: number })[] {
  const groups: (Numbered[] | { readonly alone: Step; readonly number: number })[] = [];
  for (const [number, step] of steps.entries()) {
    const last = groups.at(-1);
    if (!("offsetBytes" in step) && step.kind !== "flush") groups.push({ alone: step, number });
    else if (step.kind === "flush" || !Array.isArray(last)) groups.push([{ step, number }]);
    else last.push({ step, number });
  }
  return groups;
}
