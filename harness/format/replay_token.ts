/**
 * Replay tokens: one string that says which state of which workload shows a failure.
 *
 *     kv:w0+512.f.r/sectors/@14:1.0/5aaa2f2d68ad8035-3c1f90
 *     |  |          |       |       |                checksum of all before it
 *     |  |          |       |       hash of the log, the fault model and the format's name
 *     |  |          |       where the power fails, and the choices that say what reached the disk;
 *     |  |          |       more of these for crashes of recoveries: @14:1.0@3:1
 *     |  |          the fault model
 *     |  the workload
 *     the format's name
 *
 * After the fault model come, where there are any, a storage fault and the request that it hits
 * (`sectors+flush-fails#2`) and the order of requests in flight (`sectors~1.0`). In place of the crash
 * stand `end` (wrong without any crash), `refused` (the workload is refused) or `bit-77` (that bit of
 * the closed file rots).
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Step } from "../target/subject.ts";
import { stepsFromText, stepsToText } from "./steps_text.ts";

/** A crash: the event that it comes after, and the choices that build what it leaves. */
export interface TokenCrash {
  /** The last event before it; -1 for none. */
  readonly afterEvent: number;
  /** The choices. */
  readonly choices: readonly number[];
}

/** The state or the fault that shows the failure. */
export type TokenState =
  | { readonly kind: "crash"; readonly crashes: readonly [TokenCrash, ...TokenCrash[]] }
  | { readonly kind: "end" | "refused" }
  | { readonly kind: "bit"; readonly bit: number };

/** The contents of a token. */
export interface TokenParts {
  /** The format's name. */
  readonly format: string;
  /** The workload. */
  readonly steps: readonly Step[];
  /** The name of the fault model. */
  readonly preset: string;
  /** A storage fault, and which of the requests that it can hit it does hit, from 0. */
  readonly fault?: { readonly name: string; readonly nth: number };
  /** Which request completes next, each time. */
  readonly order?: readonly number[];
  /** The state or the fault that shows the failure. */
  readonly state: TokenState;
  /** Identifies the log; 16 hexadecimal digits. */
  readonly traceHash: string;
}

/**
 * A replay token that cannot be replayed: it is damaged, it belongs to another format, or the code
 * of the format has changed since.
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { defineFormat, FLUSH, readData, replay, ReplayTokenError, write } from "@powercut/powercut";
 *
 * const raw = defineFormat({
 *   name: "raw",
 *   sizeBytes: 512,
 *   create: () => new Uint8Array(512),
 *   *open() {},
 *   read: (_, at, into) => readData(at, into),
 *   write: (_, at, bytes) => write(at, bytes),
 *   *flush() {
 *     yield FLUSH;
 *   },
 * });
 * const token = "raw:w0+512/sectors/@1:0/0123456789abcdef-000000";
 * const error = assertThrows(() => replay(raw, token), ReplayTokenError);
 * assertEquals(error.reason, "malformed"); // its checksum does not match
 * ```
 */
export class ReplayTokenError extends Error {
  /** The name of this kind of error. */
  override readonly name = "ReplayTokenError";

  /** `token` is not to be replayed, for `reason`; `detail` says more. */
  constructor(
    token: string,
    /** Damaged, of another format, or of a log that is not the same any more. */
    readonly reason: "malformed" | "other format" | "other log",
    detail: string,
  ) {
    super(`Cannot replay '${token}': ${detail}`);
  }
}

const TOKEN = new RegExp(
  "^(?<format>[\\w.-]{1,64}):(?<steps>[\\w.+]+)" +
    "/(?<preset>[\\w()-]+)(\\+(?<fault>[a-z-]+)#(?<nth>\\d{1,9}))?(~(?<order>[\\dz.]*))?" +
    "/(?<state>[^/]+)/(?<hash>[0-9a-f]{16})-(?<sum>[0-9a-f]{6})$",
);
const CRASH = /@(-1|\d{1,9}):([\dz.]*)/g;
/** Runs of zeroes from this length on are counted. */
const SHORTEST_RUN = 3;
/** No sequence of choices is longer: a token must not make anybody allocate without end. */
const MAX_CHOICES = 2 ** 20;

/** In place of the hash, where there is no log that could be another one. */
export const NO_LOG = "0".repeat(16);

/** A token as text. */
export function formatToken(parts: TokenParts): string {
  const { format, steps, preset, fault, order, state, traceHash } = parts;
  const body = `${format}:${stepsToText(steps)}/${preset}` +
    (fault ? `+${fault.name}#${fault.nth}` : "") +
    (order ? `~${choicesToText(order)}` : "") +
    `/${stateToText(state)}/${traceHash}`;
  return `${body}-${checksumOf(body)}`;
}

/** Read a token. Throws {@linkcode ReplayTokenError} if it is damaged. */
export function parseToken(token: string): TokenParts {
  const damaged = (detail: string) => new ReplayTokenError(token, "malformed", detail);
  const groups = TOKEN.exec(token)?.groups;
  if (!groups) throw damaged("it is not a replay token, or a part of one");
  const body = token.slice(0, token.lastIndexOf("-"));
  if (groups.sum !== checksumOf(body)) {
    throw damaged("its checksum does not match, so it is not as it was printed");
  }
  const steps = stepsFromText(groups.steps);
  const state = stateFromText(groups.state);
  const order = groups.order === undefined ? undefined : choicesFromText(groups.order);
  if (!steps || !state || (groups.order !== undefined && !order)) {
    throw damaged("it says nothing that makes sense");
  }
  return {
    format: groups.format,
    steps,
    preset: groups.preset,
    ...(groups.fault !== undefined && {
      fault: { name: groups.fault, nth: Number(groups.nth) },
    }),
    ...(order && { order }),
    state,
    traceHash: groups.hash,
  };
}

function stateToText(state: TokenState): string {
  switch (state.kind) {
    case "crash":
      return state.crashes.map(({ afterEvent, choices }) =>
        `@${afterEvent}:${choicesToText(choices)}`
      ).join("");
    case "bit":
      return `bit-${state.bit}`;
    default:
      return state.kind;
  }
}

function stateFromText(text: string): TokenState | undefined {
  if (text === "end" || text === "refused") return { kind: text };
  const bit = /^bit-(\d{1,12})$/.exec(text);
  if (bit) return { kind: "bit", bit: Number(bit[1]) };
  const matches = [...text.matchAll(CRASH)];
  if (matches.map(([whole]) => whole).join("") !== text) return undefined;
  const crashes = matches.map(([, event, choices]) => {
    const read = choicesFromText(choices);
    return read && { afterEvent: Number(event), choices: read };
  });
  const [first, ...others] = crashes;
  if (!first || others.some((each) => !each)) return undefined;
  return { kind: "crash", crashes: [first, ...others.filter((each) => each !== undefined)] };
}

/** Choices with dots between them; `z5` stands for five zeroes. */
function choicesToText(choices: readonly number[]): string {
  const words: string[] = [];
  for (let at = 0; at < choices.length;) {
    let end = at;
    while (end < choices.length && choices[end] === 0) end++;
    if (end - at >= SHORTEST_RUN) {
      words.push(`z${end - at}`);
      at = end;
    } else words.push(`${choices[at++]}`);
  }
  return words.join(".");
}

function choicesFromText(text: string): readonly number[] | undefined {
  if (text === "") return [];
  const choices: number[] = [];
  for (const word of text.split(".")) {
    const match = /^(z?)(\d{1,9})$/.exec(word);
    if (!match) return undefined;
    const number = Number(match[2]);
    const count = match[1] ? number : 1;
    if (choices.length + count > MAX_CHOICES) return undefined;
    for (let i = 0; i < count; i++) choices.push(match[1] ? 0 : number);
  }
  return choices;
}

function checksumOf(body: string): string {
  return createHash("sha256").update(body).digest("hex").slice(0, 6);
}
