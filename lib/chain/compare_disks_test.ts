import { assertEquals } from "@std/assert";
import { ImageBuilder } from "../qed/format/image_builder.ts";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { type Difference, findDifference } from "./compare_disks.ts";
import { ImageChain } from "./image_chain.ts";

function compare(first: string, second: string, isStrict = false): Difference | undefined {
  using a = ImageChain.open(first);
  using b = ImageChain.open(second);
  return findDifference(a, b, { isStrict, onBlock: () => {} });
}

Deno.test("the first sector that differs is found, wherever it is", () =>
  inTempDir((dir) => {
    const bytes = Uint8Array.from({ length: 700_000 }, (_, i) => i >> 8);
    Deno.writeFileSync(`${dir}/a`, bytes);
    for (const at of [0, 511, 512, 262_143, 262_144, 699_999]) {
      const other = bytes.slice();
      other[at] ^= 0x80;
      Deno.writeFileSync(`${dir}/b`, other);
      const offsetBytes = BigInt(at - at % 512);
      assertEquals(compare(`${dir}/a`, `${dir}/b`), { kind: "content", offsetBytes });
    }
  }));

Deno.test("zeroes are equal however they are stored, unless the comparison is strict", () =>
  inTempDir((dir) => {
    const size = { image_size: 8n * 4096n };
    const empty = new ImageBuilder(size);
    empty.save(`${dir}/empty.qed`);
    const zero = new ImageBuilder(size);
    zero.setEntry(zero.addL2Table(0), 2, 1);
    zero.save(`${dir}/zero.qed`);
    const written = new ImageBuilder(size);
    written.addData(written.addL2Table(0), 3, 0);
    written.save(`${dir}/written.qed`);
    Deno.writeFileSync(`${dir}/raw`, new Uint8Array(8 * 4096));
    const paths = ["empty.qed", "zero.qed", "written.qed", "raw"].map((name) => `${dir}/${name}`);
    for (const a of paths) for (const b of paths) assertEquals(compare(a, b), undefined);
    const status = (offsetBytes: bigint) => ({ kind: "status" as const, offsetBytes });
    assertEquals(compare(paths[0], paths[1], true), status(8192n));
    assertEquals(compare(paths[0], paths[2], true), status(12288n));
    assertEquals(compare(paths[1], paths[1], true), undefined);
  }));

Deno.test("the longer disk must be zero past the end of the shorter one", () =>
  inTempDir((dir) => {
    const bytes = new Uint8Array(600_000).fill(3, 0, 1000);
    Deno.writeFileSync(`${dir}/long`, bytes);
    Deno.writeFileSync(`${dir}/short`, bytes.subarray(0, 1024));
    assertEquals(compare(`${dir}/long`, `${dir}/short`), undefined);
    assertEquals(compare(`${dir}/short`, `${dir}/long`), undefined);
    bytes[599_999] = 1;
    Deno.writeFileSync(`${dir}/long`, bytes);
    const difference = { kind: "content" as const, offsetBytes: BigInt(599_999 - 599_999 % 512) };
    assertEquals(compare(`${dir}/long`, `${dir}/short`), difference);
    assertEquals(compare(`${dir}/short`, `${dir}/long`), difference);
  }));
