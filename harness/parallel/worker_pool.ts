import type { Part, PartResult } from "../search/lazy_search.ts";
import type { FromWorker, ToWorker } from "./messages.ts";
import type { Recipe } from "./problem.ts";

/** A worker that sends nothing for this long counts as dead. */
const TIMEOUT_SECONDS = 60;
/** After a timeout, the grace period to drain queued messages before the worker counts as dead. */
const GRACE_MS = 100;
/** Workers that may die over one part before it is run here instead. */
const MAX_DEATHS = 2;

/** Options of a {@linkcode WorkerPool}. */
export interface PoolOptions {
  /** How many workers at most. */
  readonly workers: number;
  /** How they set up the problem. */
  readonly recipe: Recipe;
  /** Runs a part over which too many workers have died. */
  readonly runHere: (part: Part) => PartResult;
  /** Called when a worker has died, with the action taken. */
  readonly onDeath: (message: string) => void;
  /** Receives the number of recoveries that workers have run in their current parts. */
  readonly onProgress?: (recoveries: number) => void;
  /** Seconds after which a worker that says nothing is taken for dead; 60 if not given. */
  readonly timeoutSeconds?: number;
}

/** A part to run, and the promise of its result. */
interface Order {
  readonly part: Part;
  readonly take: (result: PartResult | undefined) => void;
  readonly fail: (error: Error) => void;
  deaths: number;
}

/** One worker and its current part. */
interface Member {
  readonly worker: Worker;
  order: Order | undefined;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * Workers that run parts of a search. They start when there is something to do. If one dies, its part
 * is given to another, and after some deaths run here: the result is the same.
 */
export class WorkerPool implements Disposable {
  readonly #options: PoolOptions;
  readonly #members = new Set<Member>();
  readonly #queue: Order[] = [];

  /** A pool without workers. */
  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** How many parts wait or are being run. */
  get load(): number {
    return this.#queue.length + [...this.#members].filter(({ order }) => order).length;
  }

  /** Run a part. Rejects with the error that the part throws. */
  run(part: Part): Promise<PartResult | undefined> {
    return new Promise((take, fail) => {
      this.#queue.push({ part, take, fail, deaths: 0 });
      this.#assign();
    });
  }

  /** Drop all parts that no worker has begun; they resolve to undefined. */
  forgetRest(): void {
    for (const { take } of this.#queue.splice(0)) take(undefined);
  }

  /** End all workers. */
  [Symbol.dispose](): void {
    for (const member of this.#members) this.#dismiss(member);
  }

  #assign(): void {
    while (this.#queue.length > 0) {
      if (this.#queue[0].deaths >= MAX_DEATHS) {
        this.#runHere(this.#queue.shift()!);
        continue;
      }
      const member = this.#idle();
      if (!member) return;
      const order = this.#queue.shift()!;
      member.order = order;
      const { item, prefix } = order.part;
      this.#send(member, { kind: "part", item, prefix });
    }
  }

  /** An idle worker; a new one while the limit allows it. */
  #idle(): Member | undefined {
    for (const member of this.#members) if (!member.order) return member;
    return this.#members.size < this.#options.workers ? this.#hire() : undefined;
  }

  #hire(): Member {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    const member: Member = { worker, order: undefined, timer: undefined };
    worker.onmessage = ({ data }) => this.#hear(member, data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#bury(member, event.message);
    };
    this.#members.add(member);
    this.#send(member, { kind: "set-up", recipe: this.#options.recipe });
    return member;
  }

  #send(member: Member, message: ToWorker): void {
    member.worker.postMessage(message);
    this.#wait(member);
  }

  #wait(member: Member): void {
    clearTimeout(member.timer);
    const seconds = this.#options.timeoutSeconds ?? TIMEOUT_SECONDS;
    const bury = () => this.#bury(member, `nothing was heard of it for ${seconds} s`);
    member.timer = setTimeout(() => member.timer = setTimeout(bury, GRACE_MS), seconds * 1000);
  }

  #hear(member: Member, message: FromWorker): void {
    if (message.kind === "alive") {
      this.#options.onProgress?.(message.recoveries);
      this.#wait(member);
      return;
    }
    clearTimeout(member.timer);
    const { order } = member;
    member.order = undefined;
    if (message.kind === "done") order?.take(message.result);
    else if (order) this.#failAgain(order, message.message);
    this.#assign();
  }

  #bury(member: Member, reason: string): void {
    const { order } = member;
    this.#dismiss(member);
    if (order) {
      order.deaths++;
      const where = order.deaths < MAX_DEATHS ? "by another one" : "here";
      const [epoch, place] = order.part.item;
      this.#options.onDeath(
        `a worker has died (${reason}); part ${epoch}.${place} is run again ${where}`,
      );
      this.#queue.unshift(order);
    }
    this.#assign();
  }

  #dismiss(member: Member): void {
    clearTimeout(member.timer);
    member.worker.terminate();
    this.#members.delete(member);
  }

  /**
   * A part that throws in a worker must throw here too, and here as an error of the right kind. If
   * it does not, the two runs differ, and no result can be trusted.
   */
  #failAgain({ part, fail }: Order, message: string): void {
    try {
      this.#options.runHere(part);
      fail(new Error(`a worker failed, and the same part does not fail here: ${message}`));
    } catch (error) {
      fail(error as Error);
    }
  }

  #runHere({ part, take, fail }: Order): void {
    try {
      take(this.#options.runHere(part));
    } catch (error) {
      fail(error as Error);
    }
  }
}
