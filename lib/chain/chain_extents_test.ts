import { assertEquals } from "@std/assert";
import { ImageBuilder } from "../qed/format/image_builder.ts";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { ExtentWalker } from "./chain_extents.ts";
import { ImageChain } from "./image_chain.ts";

const CLUSTER = 4096;

/** Depth, kind and length in clusters of each extent. */
function extentsOf(path: string): string[] {
  using chain = ImageChain.open(path);
  using walker = new ExtentWalker(chain);
  const parts: string[] = [];
  let at = 0n;
  for (let extent = walker.next(0n); extent; extent = walker.next(at)) {
    assertEquals(extent.startBytes, at);
    const { depth, present, zero, data, hostBytes } = extent;
    const kind = data ? "data" : zero && present ? "zero" : "none";
    const place = hostBytes === undefined ? "" : `@${hostBytes}`;
    parts.push(`${depth} ${kind} ${Number(extent.lengthBytes) / CLUSTER}${place}`);
    at += extent.lengthBytes;
  }
  assertEquals(at, chain.guestBytes);
  return parts;
}

Deno.test("a single image: data, zeroes, and unallocated ranges", () =>
  inTempDir((dir) => {
    const builder = new ImageBuilder({ image_size: 16n * 4096n });
    const l2Bytes = builder.addL2Table(0);
    const first = builder.addData(l2Bytes, 1);
    builder.addData(l2Bytes, 2);
    builder.setEntry(l2Bytes, 3, 1).setEntry(l2Bytes, 4, 1);
    builder.save(`${dir}/a.qed`);
    assertEquals(extentsOf(`${dir}/a.qed`), [
      "0 none 1",
      `0 data 2@${first}`,
      "0 zero 2",
      "0 none 11",
    ]);
  }));

Deno.test("a chain: the layer that decides, and zeroes past the end of a shorter backing file", () =>
  inTempDir((dir) => {
    Deno.writeFileSync(`${dir}/base.raw`, new Uint8Array(3 * CLUSTER + 1024).fill(1));
    const middle = new ImageBuilder({ image_size: 6n * 4096n });
    middle.setBackingName("base.raw").setHeader({ features: 5n });
    const inMiddle = middle.addData(middle.addL2Table(0), 1);
    middle.save(`${dir}/middle.qed`);
    const top = new ImageBuilder({ image_size: 8n * 4096n });
    top.setBackingName("middle.qed").setHeader({ features: 1n });
    const l2Bytes = top.addL2Table(0);
    const inTop = top.addData(l2Bytes, 0);
    top.setEntry(l2Bytes, 4, 1);
    top.save(`${dir}/top.qed`);
    assertEquals(extentsOf(`${dir}/top.qed`), [
      `0 data 1@${inTop}`,
      `1 data 1@${inMiddle}`,
      "2 data 1.25@8192",
      "1 none 0.75",
      "0 zero 1",
      "1 none 1",
      "0 none 2",
    ]);
  }));

Deno.test("an empty image over one with many extents shows them all", () =>
  inTempDir((dir) => {
    const clusters = 4000;
    const base = new ImageBuilder({ image_size: BigInt(clusters) * 4096n });
    for (let table = 0; table < 4; table++) {
      const l2Bytes = base.addL2Table(table);
      for (let i = 0; i < 900; i += 2) base.addData(l2Bytes, i, 0);
    }
    base.save(`${dir}/base.qed`);
    const top = new ImageBuilder({ image_size: BigInt(clusters) * 4096n });
    top.setBackingName("base.qed").setHeader({ features: 1n }).save(`${dir}/top.qed`);
    assertEquals(extentsOf(`${dir}/top.qed`).length, 2 * 4 * 450);
  }));
