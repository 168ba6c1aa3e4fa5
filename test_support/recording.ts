import {
  MemoryStorage,
  type Operation,
  type Request,
  runSync,
  StorageError,
  type SyncStorage,
} from "../lib/mod.ts";

/** A write, flush or resize of a storage. */
export type Recorded =
  | { readonly kind: "flush" }
  | { readonly kind: "write"; readonly offsetBytes: number; readonly bytes: Uint8Array }
  | { readonly kind: "resize"; readonly sizeBytes: number };

/** Returns the error code of a request that is to fail, or undefined. */
export type Fault = (request: Request) => string | undefined;

/** Memory that records the requests that change it, and fails selected requests. */
export class RecordingStorage implements SyncStorage {
  /** Writes, flushes and resizes that succeeded; writes with a copy of their bytes. */
  readonly recorded: Recorded[] = [];
  /** The labels of these requests. */
  readonly labels: string[] = [];
  /** The number of requests of each kind and label, for example `read l2-table`. */
  readonly counts = new Map<string, number>();
  /** Selects the requests that fail. */
  fault: Fault = () => undefined;
  /** The contents. */
  readonly memory: MemoryStorage;

  /** Start with a copy of `initial`. */
  constructor(initial?: Uint8Array) {
    this.memory = new MemoryStorage(initial);
  }

  /** Perform, record or fail one request. */
  perform(request: Request): number {
    const label = "label" in request ? request.label : "";
    const name = `${request.kind} ${label}`.trim();
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    const code = this.fault(request);
    if (code !== undefined) throw new StorageError(code, request);
    const answer = this.memory.perform(request);
    if (request.kind === "write") {
      const { kind, offsetBytes, bytes } = request;
      this.recorded.push({ kind, offsetBytes, bytes: bytes.slice() });
    } else if (request.kind === "flush") {
      this.recorded.push({ kind: "flush" });
    } else if (request.kind === "resize") {
      this.recorded.push({ kind: "resize", sizeBytes: request.sizeBytes });
    } else {
      return answer;
    }
    this.labels.push(request.kind === "flush" ? "flush" : label);
    return answer;
  }

  /** Run an operation on this storage in slot 0 and others in the slots from 1 on. */
  run<T>(operation: Operation<T>, ...others: SyncStorage[]): T {
    return runSync(operation, [this, ...others]);
  }

  /** The labels recorded since the last call, `flush` for flushes. */
  takeLabels(): string[] {
    this.recorded.length = 0;
    return this.labels.splice(0);
  }
}

/** Fail the request number `index` (from 0) of those that `applies` selects. */
export function failNth(
  index: number,
  code: string,
  applies: (request: Request) => boolean = () => true,
): Fault {
  let seen = 0;
  return (request) => applies(request) && seen++ === index ? code : undefined;
}

/** Selects requests of a kind with a label. */
export function labelled(kind: Request["kind"], label: string): (request: Request) => boolean {
  return (request) => request.kind === kind && "label" in request && request.label === label;
}
