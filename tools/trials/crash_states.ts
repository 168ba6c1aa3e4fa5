import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import {
  type CrashPoint,
  CrashPoints,
  type PagedStorage,
  type Persisted,
  type PointUnit,
  type Preset,
  RecordedChoices,
  type WriteLog,
} from "../../harness/advanced.ts";
import type { SparseImage } from "./sparse_image.ts";

/** A state that a crash can leave, and the first crash of its epoch that can. */
export interface CrashState {
  /** The crash comes after this event. */
  readonly event: number;
  /** The units that reached the disk. */
  readonly persisted: Persisted;
}

/** States with the same contents. */
export interface Content {
  /** The file. */
  readonly image: PagedStorage;
  /** The states, one for each epoch that can leave the file. */
  readonly states: CrashState[];
}

/** The states of a log, grouped by contents. */
export interface CrashStates {
  /** Each different file. */
  readonly contents: readonly Content[];
  /** How many states there are, over all crash points. */
  readonly stateCount: bigint;
  /** How many of these were built. */
  readonly builtCount: bigint;
}

/** A crash point with more states than this is sampled: of whole writes, and of parts of writes. */
const MAX_STATES = { writes: 1024, parts: 128 };

/**
 * The states that a crash after any event of `log` can leave. Of a point with too many states: those in
 * which little has reached the disk, and those in which little is missing.
 */
export function crashStatesOf(log: WriteLog, preset: Preset, base: SparseImage): CrashStates {
  const points = new CrashPoints(log, preset);
  const maxStates = preset.unit === "write" || preset.ordered
    ? MAX_STATES.writes
    : MAX_STATES.parts;
  const contents = new Map<string, Content>();
  let [stateCount, builtCount] = [0n, 0n];
  /** The states built in this epoch: the units on disk, and the contents. */
  let [built, seen] = [new Set<string>(), new Set<string>()];
  const flushes = new Set<number>();
  for (let event = -1; event < log.events.length; event++) {
    const last = log.events[event];
    if (last?.kind === "guest-flush-begun") flushes.add(last.id);
    const isPromise = last?.kind === "guest-acknowledged" && flushes.has(last.id);
    // Within an epoch the first crash that can leave a state allows the least.
    if (last?.kind === "flush-completed" || isPromise) [built, seen] = [new Set(), new Set()];
    const point = points.after(event);
    stateCount += point.stateCount;
    const states = point.stateCount <= maxStates ? point.states() : sampleOf(point, maxStates);
    for (const persisted of states) {
      builtCount++;
      const name = nameOf(persisted);
      if (built.has(name)) continue;
      built.add(name);
      const image = point.build(new RecordedChoices(point.choicesFor(persisted)));
      const key = keyOf(image, base);
      if (seen.has(key)) continue;
      seen.add(key);
      const content = contents.get(key) ?? { image, states: [] };
      contents.set(key, content);
      content.states.push({ event, persisted });
    }
  }
  return { contents: [...contents.values()], stateCount, builtCount };
}

/**
 * At most `maxStates` states of a point: those with the fewest units on disk, and those with the fewest
 * units missing.
 */
function* sampleOf(point: CrashPoint, maxStates: number): Generator<Persisted> {
  const { units, sizes } = point;
  let count = 0;
  for (let distance = 0; distance <= units.length; distance++) {
    for (const picked of subsets(units, distance)) {
      const rest = units.filter((unit) => !picked.includes(unit));
      for (const persistedUnits of [picked, rest]) {
        const byUnit = new Map(
          persistedUnits.map(({ key, versions, wholeCount }) => [key, versions[wholeCount - 1]]),
        );
        for (const sizeBytes of new Set([sizes[0], sizes[sizes.length - 1]])) {
          if (count++ >= maxStates) return;
          yield { byUnit, sizeBytes };
        }
      }
    }
  }
}

function* subsets(units: readonly PointUnit[], size: number, from = 0): Generator<PointUnit[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let at = from; at + size <= units.length; at++) {
    for (const rest of subsets(units, size - 1, at + 1)) yield [units[at], ...rest];
  }
}

/** A name that is the same for the same units on disk. */
function nameOf({ byUnit, sizeBytes }: Persisted): string {
  return JSON.stringify([[...byUnit].map(([key, { event }]) => [key, event]), sizeBytes]);
}

/** A key that is the same for the same contents: the hash of all pages that differ from the base. */
function keyOf(image: PagedStorage, base: SparseImage): string {
  const hash = createHash("sha1").update(`${image.sizeBytes}`);
  const pages = [...image.pages()].sort(([a], [b]) => a - b);
  for (const [index, bytes] of pages) {
    if (Buffer.compare(bytes, base.page(index)) !== 0) hash.update(`${index}:`).update(bytes);
  }
  return hash.digest("base64");
}
