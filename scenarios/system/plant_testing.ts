/** Filters that put requests out of order, or spoil them: what planted bugs are made of. */
import {
  FEATURE,
  type Filter,
  type Operation,
  type Request,
  type WriteRequest,
} from "../../lib/mod.ts";

const FEATURES_OFFSET = 16;

/** Which requests. */
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

/** Flushes after which somebody relies on what was written. */
const promises = anyOf(flushes("guest"), flushes("before clearing NEED_CHECK"));

function answerTo(request: Request): number {
  return request.kind === "write" ? request.bytes.length : 0;
}

/** Requests are answered, but nothing happens. */
export function leaveOut(match: Match): () => Filter {
  return () =>
    function* (request) {
      return match(request) ? answerTo(request) : yield request;
    };
}

/**
 * Requests that match are held back, in order, and carried out right after the next one that
 * matches `until`; but at the latest before a flush that promises something, so that nothing but
 * the order is wrong.
 */
export function holdBack(match: Match, until: Match): () => Filter {
  return () => {
    let held: Request[] = [];
    function* letGo(): Operation<void> {
      const late = held;
      held = [];
      for (const request of late) yield request;
    }
    return function* (request) {
      if (match(request)) {
        // A copy: the driver may go on changing its buffer.
        held.push(
          request.kind === "write" ? { ...request, bytes: request.bytes.slice() } : request,
        );
        return answerTo(request);
      }
      if (promises(request)) yield* letGo();
      const answer = yield request;
      if (until(request)) yield* letGo();
      return answer;
    };
  };
}

/** What holds until `ends` matches for the first time, and then no more. */
export function atFirst(plant: () => Filter, ends: Match): () => Filter {
  return () => {
    const filter = plant();
    let isOver = false;
    return function* (request) {
      if (isOver) return yield request;
      const answer = yield* filter(request);
      isOver = ends(request);
      return answer;
    };
  };
}

/** Writes that match are changed on their way. */
export function spoil(
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
