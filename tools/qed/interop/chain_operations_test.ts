/**
 * Commit, rebase and stream on random chains: what is made here reads in QEMU as it must and passes
 * its check, and what QEMU makes of the same chain reads the same here.
 */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  commitChain,
  ImageChain,
  rebaseChain,
  type RebaseTarget,
  streamChain,
} from "../../../lib/chain/mod.ts";
import { sized } from "../../../test_support/long.ts";
import { inTempDir } from "../../../test_support/temp_dir.ts";
import { checkWithQemu } from "./check_terms_testing.ts";
import { runToolOk, seededQemuTest } from "../../../test_support/qemu.ts";
import {
  buildChain,
  type BuiltLayer,
  type ChainPlan,
  chainPlans,
} from "./random_chains_testing.ts";

/** Chains for each seed; more of them with, say, `POWERCUT_CHAINS=500`. */
const RUNS = Number(Deno.env.get("POWERCUT_CHAINS") ?? sized({ short: 5, long: 15 }));

/** One operation on a chain. */
type Action =
  | { readonly kind: "commit"; readonly isDeep: boolean; readonly keeps: boolean }
  | { readonly kind: "rebase"; readonly to: "none" | "lower" | "other" }
  | { readonly kind: "stream"; readonly hasBase: boolean };

const actions: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    kind: fc.constant("commit" as const),
    isDeep: fc.boolean(),
    keeps: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant("rebase" as const),
    to: fc.constantFrom("none", "lower", "other"),
  }),
  fc.record({ kind: fc.constant("stream" as const), hasBase: fc.boolean() }),
);

/** A chain on which something is done, and another one for it to be rebased to. */
interface Case {
  readonly chain: ChainPlan;
  readonly other: ChainPlan;
  readonly action: Action;
}

const cases: fc.Arbitrary<Case> = fc.record({
  chain: chainPlans(4, 2).map(withoutDisguise),
  other: chainPlans(2).map(withoutDisguise),
  action: actions,
});

/** An image that is taken for raw would not be one any more after a commit. */
function withoutDisguise(plan: ChainPlan): ChainPlan {
  return { ...plan, layers: plan.layers.map((layer) => ({ ...layer, isTakenForRaw: false })) };
}

/** The files of a case in a folder of its own. */
interface Files {
  /** The chain, the lowest file first. */
  readonly chain: readonly BuiltLayer[];
  readonly other: readonly BuiltLayer[];
}

function build(dir: string, { chain, other }: Case): Files {
  for (const name of ["chain", "other"]) Deno.mkdirSync(`${dir}/${name}`, { recursive: true });
  return { chain: buildChain(`${dir}/chain`, chain), other: buildChain(`${dir}/other`, other) };
}

function at(layers: readonly BuiltLayer[], index: number): BuiltLayer {
  const layer = layers.at(index);
  if (!layer) throw new Error("there is no such layer");
  return layer;
}

async function actHere({ chain, other }: Files, action: Action): Promise<void> {
  const { path } = at(chain, -1);
  if (action.kind === "commit") {
    const baseDepth = action.isDeep ? chain.length - 1 : 1;
    const keepsImage = action.keeps || action.isDeep;
    using opened = ImageChain.open(path, { writable: !keepsImage, writableDepth: baseDepth });
    await commitChain(opened, { baseDepth, keepsImage });
    opened.close();
  } else if (action.kind === "stream") {
    using opened = ImageChain.open(path, { writable: true });
    const depth = chain.length - 1;
    const { path: name, format } = at(chain, 0);
    const reference = { name, isRaw: format === "raw" };
    await streamChain(opened, action.hasBase ? { base: { depth, reference } } : {});
    opened.close();
  } else if (action.to === "none") {
    using opened = ImageChain.open(path, { writable: true });
    await rebaseChain(opened, undefined);
    opened.close();
  } else {
    const { path: name, format } = action.to === "lower" ? at(chain, 0) : at(other, -1);
    using backing = ImageChain.open(name, { format });
    using opened = backing.openBeside(path, { writable: true });
    const target: RebaseTarget = { reference: { name, isRaw: format === "raw" }, backing };
    await rebaseChain(opened, target);
    opened.close();
  }
}

/** The same with QEMU's tools, which stream by rebasing. */
async function actInQemu({ chain, other }: Files, action: Action): Promise<void> {
  const { path } = at(chain, -1);
  if (action.kind === "commit") {
    const options = action.isDeep ? ["-b", at(chain, 0).path] : action.keeps ? ["-d"] : [];
    await runToolOk("qemu-img", ["commit", "-q", "-f", "qed", ...options, path]);
    return;
  }
  const isLower = action.kind === "stream" ? action.hasBase : action.to === "lower";
  const to = isLower
    ? at(chain, 0)
    : action.kind === "rebase" && action.to === "other"
    ? at(other, -1)
    : undefined;
  const options = to ? ["-b", to.path, "-F", to.format] : ["-b", ""];
  await runToolOk("qemu-img", ["rebase", "-f", "qed", ...options, path]);
}

/** What each file of the chain must show afterwards that is of further use, by its path. */
function expectedViews({ chain }: Files, action: Action): [string, "qed" | "raw", Uint8Array][] {
  const top = at(chain, -1);
  const views: [string, "qed" | "raw", Uint8Array][] = [];
  if (action.kind !== "commit" || !action.isDeep || chain.length === 2) {
    views.push([top.path, "qed", top.view]);
  }
  if (action.kind === "commit") {
    const base = action.isDeep ? at(chain, 0) : at(chain, -2);
    const view = new Uint8Array(Math.max(base.view.length, top.view.length));
    view.set(base.view);
    view.set(top.view);
    views.push([base.path, base.format, view]);
  }
  return views;
}

function assertReadsHere([path, format, view]: [string, "qed" | "raw", Uint8Array]): void {
  using chain = ImageChain.open(path, { format });
  const bytes = new Uint8Array(Number(chain.guestBytes));
  chain.read(0n, bytes);
  assertEquals(bytes.length, view.length, path);
  const index = bytes.findIndex((byte, i) => byte !== view[i]);
  assert(index < 0, `${path} differs at ${index}`);
}

async function assertReadsInQemu(
  dir: string,
  [path, format, view]: [string, "qed" | "raw", Uint8Array],
): Promise<void> {
  Deno.writeFileSync(`${dir}/expected`, view);
  const formats = ["-f", format, "-F", "raw"];
  const said = await runToolOk("qemu-img", ["compare", ...formats, path, `${dir}/expected`]);
  assertEquals(said, "Images are identical.\n");
  if (format === "raw") return;
  // Clusters that a discard has freed and nothing uses again are leaked: 3.
  const { code, text } = await checkWithQemu(path);
  assert(code === 0 || code === 3, text);
}

/** QEMU does not grow an image over a longer backing file, which is what this would take. */
function isBeyondQemu({ chain }: Files, action: Action): boolean {
  if (action.kind !== "commit" || action.isDeep || chain.length < 3) return false;
  const [below, base, top] = [-3, -2, -1].map((index) => at(chain, index).view.length);
  return base < top && base < below;
}

async function actBoth(dir: string, each: Case): Promise<void> {
  const here = build(`${dir}/here`, each);
  const there = build(`${dir}/there`, each);
  await actHere(here, each.action);
  for (const expected of expectedViews(here, each.action)) {
    assertReadsHere(expected);
    await assertReadsInQemu(dir, expected);
  }
  if (isBeyondQemu(there, each.action)) return;
  await actInQemu(there, each.action);
  for (const expected of expectedViews(there, each.action)) assertReadsHere(expected);
}

seededQemuTest("commit, rebase and stream agree with QEMU's on random chains", async (seed) => {
  await fc.assert(
    fc.asyncProperty(cases, (each) => inTempDir((dir) => actBoth(dir, each))),
    { seed, numRuns: RUNS },
  );
});
