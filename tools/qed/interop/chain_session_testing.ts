/** A backing chain, everything that can be done to it, and its model: an array of bytes for each file. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  commitChain,
  createOverlay,
  ImageChain,
  rebaseChain,
  renameBacking,
  streamChain,
} from "../../../lib/chain/mod.ts";
import {
  createImage,
  defragmentImage,
  discardImage,
  FileStorage,
  runSync,
  SECTOR_BYTES,
  writeImage,
  writeZeroes,
} from "../../../lib/mod.ts";
import { checkWithQemu } from "./check_terms_testing.ts";
import { runToolOk } from "../../../test_support/qemu.ts";
import {
  bytesOf,
  type ChangePick,
  changePicks,
  rangeOfChange,
  viewOver,
} from "./random_chains_testing.ts";

/** What is done next. */
export type Action =
  | { readonly kind: "change"; readonly change: ChangePick }
  | { readonly kind: "discard"; readonly change: ChangePick }
  | { readonly kind: "flush" }
  | { readonly kind: "reopen"; readonly isClean: boolean }
  | { readonly kind: "snapshot"; readonly clusterBytes: number }
  | { readonly kind: "commit"; readonly goesOnWithBase: boolean }
  | { readonly kind: "rebase"; readonly depth: number }
  | { readonly kind: "rename" }
  | { readonly kind: "stream" }
  | { readonly kind: "grow"; readonly sectors: number }
  | { readonly kind: "defragment" };

const clusterSizes = fc.constantFrom(4096, 8192, 65536);
const changes: fc.Arbitrary<Action> = fc.record({
  kind: fc.constantFrom("change", "change", "discard"),
  change: changePicks,
});
const actions: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: changes },
  fc.constant<Action>({ kind: "flush" }),
  fc.record({ kind: fc.constant("reopen" as const), isClean: fc.boolean() }),
  fc.record({ kind: fc.constant("snapshot" as const), clusterBytes: clusterSizes }),
  fc.record({ kind: fc.constant("snapshot" as const), clusterBytes: clusterSizes }),
  fc.record({ kind: fc.constant("commit" as const), goesOnWithBase: fc.boolean() }),
  fc.record({ kind: fc.constant("rebase" as const), depth: fc.nat(3) }),
  fc.constant<Action>({ kind: "rename" }),
  fc.constant<Action>({ kind: "stream" }),
  fc.record({ kind: fc.constant("grow" as const), sectors: fc.nat(200) }),
  fc.constant<Action>({ kind: "defragment" }),
);

/** A disk and what is done to it. */
export interface Sequence {
  readonly clusterBytes: number;
  readonly sectors: number;
  readonly isRawBelow: boolean;
  readonly actions: readonly Action[];
}

/** Sequences of what can be done. */
export const sequences: fc.Arbitrary<Sequence> = fc.record({
  clusterBytes: clusterSizes,
  sectors: fc.integer({ min: 1, max: 600 }),
  isRawBelow: fc.boolean(),
  actions: fc.array(actions, { minLength: 5, maxLength: 25, size: "max" }),
});

/** A file of the chain, and what its guest sees. */
interface File {
  readonly path: string;
  readonly format: "qed" | "raw";
  view: Uint8Array;
}

/** The chain that things are done to, the image first, and its model. */
export class ChainSession implements Disposable {
  readonly #dir: string;
  readonly #files: File[] = [];
  #chain: ImageChain;
  #nextName = 0;

  /** A disk in a folder of its own. */
  constructor(dir: string, { clusterBytes, sectors, isRawBelow }: Sequence) {
    this.#dir = dir;
    const path = `${dir}/first`;
    const imageBytes = sectors * SECTOR_BYTES;
    if (isRawBelow) Deno.writeFileSync(path, new Uint8Array(imageBytes).fill(0xee));
    else {
      using file = FileStorage.open(path, "create");
      runSync(createImage({ imageBytes, clusterBytes, tableClusters: 2 }), [file]);
    }
    const view = new Uint8Array(imageBytes).fill(isRawBelow ? 0xee : 0);
    this.#files.push({ path, format: isRawBelow ? "raw" : "qed", view });
    this.#chain = this.#open();
    if (isRawBelow) this.#snapshot(clusterBytes);
  }

  /** The image. */
  get #top(): File {
    return this.#files[0];
  }

  /** Do something to the chain, and to the model. */
  async act(action: Action): Promise<void> {
    const { image } = this.#chain;
    switch (action.kind) {
      case "change":
        return this.#change(action.change);
      case "discard":
        return this.#discard(action.change);
      case "flush":
        return this.#chain.flush();
      case "reopen":
        return this.#reopen(action.isClean);
      case "snapshot":
        if (this.#files.length < 5) this.#snapshot(action.clusterBytes);
        return;
      case "commit":
        return await this.#commit(action.goesOnWithBase);
      case "rebase":
        return await this.#rebase(action.depth);
      case "rename":
        if (this.#files.length > 1) this.#rename();
        return;
      case "stream":
        await streamChain(this.#chain);
        this.#files.splice(1);
        return this.#reopen(true);
      case "grow":
        this.#chain.resize(image.imageBytes + BigInt(action.sectors * SECTOR_BYTES));
        this.#top.view = viewOver(
          this.#top.view,
          this.#top.view.length + action.sectors * SECTOR_BYTES,
        );
        return;
      case "defragment":
        this.#chain.run(defragmentImage(image));
        return;
    }
  }

  /** Compare what the guest sees with what it must. */
  verify(after: string): void {
    const { view } = this.#top;
    const bytes = new Uint8Array(Number(this.#chain.guestBytes));
    assertEquals(bytes.length, view.length, after);
    this.#chain.read(0n, bytes);
    const index = bytes.findIndex((byte, i) => byte !== view[i]);
    assert(index < 0, `after ${after}: differs at ${index}`);
  }

  /** Close the chain, and have QEMU compare and check the image and its backing file. */
  async finish(): Promise<void> {
    this.#chain.close();
    for (const { path, format, view } of this.#files.slice(0, 2)) {
      Deno.writeFileSync(`${this.#dir}/expected`, view);
      const formats = ["-f", format, "-F", "raw"];
      await runToolOk("qemu-img", ["compare", ...formats, path, `${this.#dir}/expected`]);
      if (format === "raw") continue;
      const { code, text } = await checkWithQemu(path);
      assert(code === 0 || code === 3, text);
    }
  }

  /** Close the files. */
  [Symbol.dispose](): void {
    this.#chain[Symbol.dispose]();
  }

  #open(writableDepth?: number): ImageChain {
    const { path, format } = this.#top;
    return ImageChain.open(path, {
      format,
      writable: format === "qed",
      ...(writableDepth !== undefined && { writableDepth }),
    });
  }

  #reopen(isClean: boolean, writableDepth?: number): void {
    if (isClean) this.#chain.close();
    else this.#chain[Symbol.dispose]();
    this.#chain = this.#open(writableDepth);
  }

  #change(change: ChangePick): void {
    const { view } = this.#top;
    const { start, end } = rangeOfChange(change, view.length);
    const bytes = bytesOf(change, end - start);
    const { image } = this.#chain;
    this.#chain.run(
      change.kind === "write"
        ? writeImage(image, start, bytes)
        : writeZeroes(image, start, bytes.length),
    );
    view.set(bytes, start);
  }

  /** A sector of what was discarded is as before, or zero. */
  #discard(change: ChangePick): void {
    const { view } = this.#top;
    const { start, end } = rangeOfChange(change, view.length);
    this.#chain.run(discardImage(this.#chain.image, start, end - start));
    const bytes = new Uint8Array(end - start);
    this.#chain.read(BigInt(start), bytes);
    assert(bytes.every((byte, i) => byte === 0 || byte === view[start + i]));
    view.set(bytes, start);
  }

  #snapshot(clusterBytes: number): void {
    if (this.#top.format === "qed") this.#chain.close();
    const path = `${this.#dir}/overlay${this.#nextName++}`;
    const { path: below, format, view } = this.#top;
    {
      using chain = ImageChain.open(below, { format });
      createOverlay(path, chain, { clusterBytes, tableClusters: 2 });
    }
    this.#files.unshift({ path, format: "qed", view: view.slice() });
    this.#chain[Symbol.dispose]();
    this.#chain = this.#open();
  }

  async #commit(goesOnWithBase: boolean): Promise<void> {
    const base = this.#files[1];
    if (!base) return;
    this.#reopen(true, 1);
    await commitChain(this.#chain);
    const { view } = this.#top;
    const longer = viewOver(base.view, Math.max(base.view.length, view.length));
    longer.set(view);
    base.view = longer;
    const isQed = base.format === "qed";
    this.#chain.close();
    if (goesOnWithBase && isQed) this.#files.shift();
    this.#chain = this.#open();
  }

  /** Onto a file further down, or onto none. */
  async #rebase(depth: number): Promise<void> {
    this.#chain.close();
    const to = depth > 0 ? this.#files[depth] : undefined;
    if (to) {
      using backing = ImageChain.open(to.path, { format: to.format });
      using chain = backing.openBeside(this.#top.path, { format: "qed", writable: true });
      const reference = { name: to.path, isRaw: to.format === "raw" };
      await rebaseChain(chain, { reference, backing });
      chain.close();
      this.#files.splice(1, depth - 1);
    } else {
      using chain = ImageChain.open(this.#top.path, { format: "qed", writable: true });
      await rebaseChain(chain, undefined);
      chain.close();
      this.#files.splice(1);
    }
    this.#chain = this.#open();
  }

  /** The backing file gets another name. */
  #rename(): void {
    const [, { path, format, view }] = this.#files;
    this.#chain.close();
    const name = `renamed${this.#nextName++}`;
    Deno.renameSync(path, `${this.#dir}/${name}`);
    using chain = ImageChain.open(this.#top.path, {
      format: "qed",
      writable: true,
      withoutBacking: true,
    });
    renameBacking(chain, { name, isRaw: format === "raw" });
    chain.close();
    this.#files[1] = { path: `${this.#dir}/${name}`, format, view };
    this.#chain = this.#open();
  }
}
