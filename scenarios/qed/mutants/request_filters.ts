/** Filters that omit, delay or alter requests: the building blocks of mutants. */
import {
  FEATURE,
  type Filter,
  type Operation,
  type Request,
  type WriteRequest,
} from "../../../lib/mod.ts";

const FEATURES_OFFSET = 16;

/** Selects requests. */
export type Match = (request: Request) => boolean;

/** Requests that match one of these. */
export function anyOf(...matches: readonly Match[]): Match {
  return (request) => matches.some((match) => match(request));
}

/** Writes with this label. */
export function writes(label: string): Match {
  return (request) => request.kind === "write" && request.label === label;
}

/** Flushes with this label. */
export function flushes(label: string): Match {
  return (request) => request.kind === "flush" && request.label === label;
}

/** Size changes with this label. */
export function resizes(label: string): Match {
  return (request) => request.kind === "resize" && request.label === label;
}

/** Header writes that set NEED_CHECK, or that clear it. */
export function headerWrites(needCheck: "set" | "cleared"): Match {
  return (request) =>
    request.kind === "write" && request.label === "header" &&
    ((request.bytes[FEATURES_OFFSET] & Number(FEATURE.NEED_CHECK)) !== 0) === (needCheck === "set");
}

/** Flushes that promise durability: to the guest, or to the next opening. */
const promises = anyOf(flushes("guest"), flushes("before clearing NEED_CHECK"));

function answerTo(request: Request): number {
  return request.kind === "write" ? request.bytes.length : 0;
}

/** Answers the requests that match, and does not pass them on. */
export function omit(match: Match): () => Filter {
  return () =>
    function* (request) {
      return match(request) ? answerTo(request) : yield request;
    };
}

/**
 * Delays the requests that match, in order, until after the next one that matches `until`; at the latest
 * until a flush that promises durability, so that the order alone is wrong.
 */
export function delay(match: Match, until: Match): () => Filter {
  return () => {
    let held: Request[] = [];
    function* release(): Operation<void> {
      const late = held;
      held = [];
      for (const request of late) yield request;
    }
    return function* (request) {
      if (match(request)) {
        // A copy, since the driver may reuse its buffer.
        held.push(
          request.kind === "write" ? { ...request, bytes: request.bytes.slice() } : request,
        );
        return answerTo(request);
      }
      if (promises(request)) yield* release();
      const answer = yield request;
      if (until(request)) yield* release();
      return answer;
    };
  };
}

/** Applies a filter until `ends` matches for the first time. */
export function atFirst(make: () => Filter, ends: Match): () => Filter {
  return () => {
    const filter = make();
    let isOver = false;
    return function* (request) {
      if (isOver) return yield request;
      const answer = yield* filter(request);
      isOver = ends(request);
      return answer;
    };
  };
}

/** Alters the writes that match. */
export function alter(
  match: Match,
  change: (request: WriteRequest) => WriteRequest,
): () => Filter {
  return () =>
    function* (request) {
      if (request.kind !== "write" || !match(request)) return yield request;
      yield change({ ...request, bytes: request.bytes.slice() });
      return request.bytes.length;
    };
}

/** A filter that omits the flushes with these labels. */
export function skipFlushes(...labels: readonly string[]): Filter {
  return omit(anyOf(...labels.map(flushes)))();
}
