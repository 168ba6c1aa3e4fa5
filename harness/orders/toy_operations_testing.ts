/** Operations that know each other only by a number in memory, a file, and a turn. */
import fc from "fast-check";
import type { Operation, Turn } from "../../lib/storage/mod.ts";
import { Recorder } from "../log/recorder.ts";
import type { OrderScheduler } from "./explore_orders.ts";
import { SECTOR_BYTES } from "../../lib/storage/sector.ts";

const SECTORS_OF_FILE = 4;

/** What an operation does next. */
export type ToyStep =
  | { readonly kind: "read" | "write"; readonly sector: number }
  | { readonly kind: "flush" }
  /** Takes the shared number over, or puts its own into it; asks for nothing. */
  | { readonly kind: "take" | "put" }
  /** Holds the turn during its next steps, as many of them as there are. */
  | { readonly kind: "turn" };

/** Some operations. */
export const TOY_OPERATIONS: fc.Arbitrary<readonly (readonly ToyStep[])[]> = fc.array(
  fc.array(
    fc.oneof(
      fc.record({
        kind: fc.constantFrom("read", "write", "write"),
        sector: fc.nat(SECTORS_OF_FILE),
      }) as fc.Arbitrary<ToyStep>,
      fc.constantFrom("flush", "take", "put", "turn").map((kind) => ({ kind }) as ToyStep),
    ),
    { minLength: 1, maxLength: 4 },
  ),
  { minLength: 2, maxLength: 3 },
);

/** What they share. */
interface Shared {
  value: number;
  readonly queue: object[];
}

/** Run them together, and answer the log. `hides` keeps the shared number from the scheduler. */
export function runToy(
  plan: readonly (readonly ToyStep[])[],
  scheduler: OrderScheduler,
  hides = false,
) {
  const recorder = new Recorder({ base: new Uint8Array(SECTORS_OF_FILE * SECTOR_BYTES) });
  const shared: Shared = { value: 0, queue: [] };
  scheduler.watch({
    events: recorder.events,
    contents: () => recorder.contents,
    fingerprint: () => hides ? "" : `${shared.value}`,
  });
  recorder.runTogether(
    plan.map((steps, i) => toyOperation(steps, i + 1, shared)),
    scheduler,
  );
  return recorder.log;
}

function* toyOperation(steps: readonly ToyStep[], own: number, shared: Shared): Operation<void> {
  let value = own;
  const me = {};
  const turn: Turn = {
    get isReady() {
      return shared.queue[0] === me;
    },
    whenReady() {},
  };
  for (const step of steps) {
    switch (step.kind) {
      case "read": {
        const into = new Uint8Array(SECTOR_BYTES);
        const offsetBytes = step.sector * SECTOR_BYTES;
        yield { kind: "read", file: 0, offsetBytes, into, label: "toy" };
        value = (value * 7 + into[0]) % 251;
        break;
      }
      case "write": {
        const bytes = new Uint8Array(SECTOR_BYTES).fill(value);
        const offsetBytes = step.sector * SECTOR_BYTES;
        yield { kind: "write", file: 0, offsetBytes, bytes, label: "toy" };
        break;
      }
      case "flush":
        yield { kind: "flush", file: 0, scope: "data", label: "toy" };
        break;
      case "take":
        value = (value * 3 + shared.value) % 251;
        break;
      case "put":
        shared.value = value;
        break;
      case "turn":
        if (shared.queue.includes(me)) break;
        shared.queue.push(me);
        if (!turn.isReady) yield { kind: "wait", turn, label: "toy" };
    }
  }
  if (shared.queue.includes(me)) shared.queue.splice(shared.queue.indexOf(me), 1);
}
