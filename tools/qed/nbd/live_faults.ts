import { type Fault, FAULTS, faultyStorage } from "../../../harness/advanced.ts";
import { describeRequest, type Filter } from "../../../lib/mod.ts";
import { didYouMean } from "../../kit/nearest.ts";
import { UsageError } from "../../kit/usage_error.ts";

/** The number of offsets that a misdirected write can go to: those written last. */
const MAX_PLACES = 1024;

/** A bit of the file changes while it is in use, just before it is read. */
const BIT_ROT: Fault = {
  name: "bit-rot",
  summary: "a bit of what a read is about to return is another one, in the file too",
  matches: (request, sizeBytes) => request.kind === "read" && request.offsetBytes < sizeBytes,
  *inject(request) {
    if (request.kind !== "read") return yield request;
    const { file, offsetBytes, label } = request;
    const byte = new Uint8Array(1);
    yield { kind: "read", file, offsetBytes, into: byte, label };
    byte[0] ^= 1;
    yield { kind: "write", file, offsetBytes, bytes: byte, label };
    return yield request;
  },
};

/** The faults that a running server can inject, by name. */
export const LIVE_FAULTS: Readonly<Record<string, Fault>> = Object.freeze({
  ...FAULTS,
  [BIT_ROT.name]: BIT_ROT,
});

/** One fault that was asked for. */
export interface LiveFault {
  readonly fault: Fault;
  /** Which of the requests that it can happen to, from 1. */
  readonly nth: number;
}

/** Read `NAME` or `NAME:N`. Throws {@linkcode UsageError}. */
export function parseFault(text: string): LiveFault {
  const [name, count = "1", ...rest] = text.split(":");
  if (!Object.hasOwn(LIVE_FAULTS, name)) {
    const names = Object.keys(LIVE_FAULTS);
    const hint = didYouMean(name, names);
    throw new UsageError(`--fault must be one of ${names.join(", ")}, not '${name}'${hint}`);
  }
  if (rest.length > 0 || !/^[1-9]\d{0,14}$/.test(count)) {
    throw new UsageError(`--fault must end with a number from 1 on, not '${text}'`);
  }
  return { fault: LIVE_FAULTS[name], nth: Number(count) };
}

/** The filters that inject the faults, each one once; they report it to `onFault`. */
export function faultFilters(
  faults: readonly LiveFault[],
  onFault: (message: string) => void,
): Filter[] {
  const places: number[] = [];
  const notePlaces: Filter = function* (request) {
    if (request.kind === "write" && request.file === 0) notePlace(places, request.offsetBytes);
    return yield request;
  };
  const filters = faults.map(({ fault, nth }) => {
    const reported: Fault = {
      ...fault,
      *inject(request, others) {
        onFault(`${fault.name}: ${describeRequest(request)}`);
        return yield* fault.inject(request, others);
      },
    };
    return faultyStorage(reported, nth - 1, places).filter;
  });
  return filters.length === 0 ? [] : [notePlaces, ...filters];
}

function notePlace(places: number[], offsetBytes: number): void {
  if (places.includes(offsetBytes)) return;
  if (places.length === MAX_PLACES) places.shift();
  places.push(offsetBytes);
}
