import { assertEquals, assertThrows } from "@std/assert";
import { ImageBuilder, smallImage } from "../qed/format/image_builder.ts";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { FormatError, ImageError } from "../qed/mod.ts";
import { MAX_LAYERS } from "./chain_opener.ts";
import { HostError } from "../storage/host_error.ts";
import { ImageChain } from "./image_chain.ts";
import { createOverlay } from "./snapshot.ts";

const CLUSTER = 4096;

/** An image over a backing file; `features` 1: to be probed, 5: raw. */
function overlay(name: string, features: bigint, imageBytes = 1n << 20n): ImageBuilder {
  const builder = new ImageBuilder({ image_size: imageBytes });
  return builder.setBackingName(name).setHeader({ features });
}

function readAll(chain: ImageChain, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  chain.read(BigInt(offset), bytes);
  return bytes;
}

Deno.test("a raw file is read unchanged, with zeroes up to a whole sector", () =>
  inTempDir((dir) => {
    Deno.writeFileSync(`${dir}/a.raw`, new Uint8Array(700).fill(7));
    using chain = ImageChain.open(`${dir}/a.raw`);
    assertEquals([chain.top.format, chain.guestBytes], ["raw", 1024n]);
    const bytes = readAll(chain, 0, 1024);
    assertEquals([bytes[699], bytes[700], bytes[1023]], [7, 0, 0]);
    assertThrows(() => readAll(chain, 1000, 25), ImageError, "outside");
    assertThrows(() => chain.image, ImageError, "raw image");
  }));

Deno.test("a chain of three reads each part from the first file that has it", () =>
  inTempDir((dir) => {
    Deno.mkdirSync(`${dir}/sub`);
    Deno.writeFileSync(`${dir}/sub/base.raw`, new Uint8Array(3 * CLUSTER).fill(1));
    const middle = overlay("base.raw", 5n);
    middle.addData(middle.addL2Table(0), 1, 2);
    middle.save(`${dir}/sub/middle.qed`);
    const top = overlay("sub/middle.qed", 1n);
    top.addData(top.addL2Table(0), 2, 3);
    top.save(`${dir}/top.qed`);
    using chain = ImageChain.open(`${dir}/top.qed`);
    assertEquals(chain.layers.map(({ format }) => format), ["qed", "qed", "raw"]);
    const bytes = readAll(chain, 0, 4 * CLUSTER);
    assertEquals([0, 1, 2, 3].map((cluster) => bytes[cluster * CLUSTER + 9]), [1, 2, 3, 0]);
  }));

Deno.test("a raw backing file is not probed, others are", () =>
  inTempDir((dir) => {
    const guest = smallImage().builder;
    guest.save(`${dir}/base`);
    overlay("base", 5n).save(`${dir}/raw.qed`);
    overlay("base", 1n).save(`${dir}/probed.qed`);
    using raw = ImageChain.open(`${dir}/raw.qed`);
    assertEquals(raw.layers[1].format, "raw");
    assertEquals(readAll(raw, 0, 4), new Uint8Array([0x51, 0x45, 0x44, 0]));
    using probed = ImageChain.open(`${dir}/probed.qed`);
    assertEquals(probed.layers[1].format, "qed");
    assertEquals(readAll(probed, 0, 1), new Uint8Array([0xa0]));
  }));

Deno.test("a backing file of an unsupported format is refused unless it is marked as raw", () =>
  inTempDir((dir) => {
    Deno.writeTextFileSync(`${dir}/base`, "KDMV and so on");
    overlay("base", 1n).save(`${dir}/probed.qed`);
    overlay("base", 5n).save(`${dir}/raw.qed`);
    assertThrows(() => ImageChain.open(`${dir}/probed.qed`), HostError, "vmdk");
    using chain = ImageChain.open(`${dir}/raw.qed`);
    assertEquals(readAll(chain, 0, 4), new TextEncoder().encode("KDMV"));
  }));

Deno.test("loops are found by the file, whatever its name", () =>
  inTempDir((dir) => {
    overlay("self.qed", 1n).save(`${dir}/self.qed`);
    overlay("b.qed", 1n).save(`${dir}/a.qed`);
    overlay("link.qed", 1n).save(`${dir}/b.qed`);
    Deno.symlinkSync("a.qed", `${dir}/link.qed`);
    for (const name of ["self", "a", "b"]) {
      assertThrows(() => ImageChain.open(`${dir}/${name}.qed`), HostError, "loop");
    }
    using alone = ImageChain.open(`${dir}/self.qed`, { withoutBacking: true });
    assertEquals(alone.layers.length, 1);
  }));

Deno.test("a chain has a maximum number of files", () =>
  inTempDir((dir) => {
    new ImageBuilder().save(`${dir}/0.qed`);
    for (let i = 1; i <= MAX_LAYERS; i++) overlay(`${i - 1}.qed`, 1n).save(`${dir}/${i}.qed`);
    using chain = ImageChain.open(`${dir}/${MAX_LAYERS - 1}.qed`);
    assertEquals(chain.layers.length, MAX_LAYERS);
    assertEquals(readAll(chain, 0, 1), new Uint8Array(1));
    assertThrows(() => ImageChain.open(`${dir}/${MAX_LAYERS}.qed`), HostError, "more than 200");
    assertThrows(() => createOverlay(`${dir}/new.qed`, chain), HostError, "which is the maximum");
  }));

Deno.test("a file that is not regular is refused without being opened", () =>
  inTempDir((dir) => {
    new Deno.Command("mkfifo", { args: [`${dir}/pipe`] }).outputSync();
    assertThrows(() => ImageChain.open(dir), HostError, "directory");
    assertThrows(() => ImageChain.open(`${dir}/pipe`), HostError, "pipe");
    assertThrows(() => ImageChain.open("/dev/zero"), HostError, "device");
    overlay("pipe", 5n).save(`${dir}/a.qed`);
    assertThrows(() => ImageChain.open(`${dir}/a.qed`), HostError, "pipe");
  }));

Deno.test("a refusal anywhere in the chain comes before a dirty image is repaired", () =>
  inTempDir((dir) => {
    const { builder, l2Bytes } = smallImage();
    builder.setEntry(l2Bytes, 9, 2 ** 40);
    builder.setBackingName("base.raw").setHeader({ features: 7n, autoclear_features: 1n });
    builder.save(`${dir}/a.qed`);
    const before = Deno.readFileSync(`${dir}/a.qed`);
    const open = () => ImageChain.open(`${dir}/a.qed`, { writable: true });
    assertThrows(open, HostError, "Could not open backing file 'base.raw': No such file");
    assertEquals(Deno.readFileSync(`${dir}/a.qed`), before);
    Deno.writeFileSync(`${dir}/base.raw`, new Uint8Array(512));
    using chain = open();
    assertEquals(chain.image.needsCheck, false);
  }));

Deno.test("a bad header is reported with the field and the file", () =>
  inTempDir((dir) => {
    smallImage({ image_size: 513n }).builder.save(`${dir}/base.qed`);
    overlay("base.qed", 1n).save(`${dir}/a.qed`);
    const error = assertThrows(() => ImageChain.open(`${dir}/a.qed`), HostError);
    assertEquals(
      error.message,
      `Could not open '${dir}/a.qed': Could not open backing file 'base.qed': ` +
        "image_size at offset 48 is 513: must be a multiple of 512",
    );
    assertEquals(((error.cause as Error).cause) instanceof FormatError, true);
  }));

Deno.test("closing leaves a clean image, disposing leaves a dirty one", () =>
  inTempDir((dir) => {
    const path = `${dir}/a.qed`;
    for (const isClosed of [false, true]) {
      new ImageBuilder().save(path);
      {
        using chain = ImageChain.open(path, { writable: true });
        chain.write(5000n, new Uint8Array(10).fill(5));
        chain.flush();
        if (isClosed) chain.close();
      }
      using again = ImageChain.open(path);
      assertEquals(again.image.needsCheck, !isClosed);
      assertEquals(readAll(again, 5000, 10), new Uint8Array(10).fill(5));
    }
  }));

Deno.test("a write to an overlay does not change its backing file", () =>
  inTempDir((dir) => {
    const base = new Uint8Array(2 * CLUSTER).fill(1);
    Deno.writeFileSync(`${dir}/base.raw`, base);
    Deno.chmodSync(`${dir}/base.raw`, 0o444);
    overlay("base.raw", 5n).save(`${dir}/a.qed`);
    using chain = ImageChain.open(`${dir}/a.qed`, { writable: true });
    chain.write(100n, new Uint8Array([9]));
    chain.close();
    using again = ImageChain.open(`${dir}/a.qed`);
    assertEquals([...readAll(again, 99, 3)], [1, 9, 1]);
    assertEquals(Deno.readFileSync(`${dir}/base.raw`), base);
  }));

Deno.test("a raw image is written in place", () =>
  inTempDir((dir) => {
    Deno.writeFileSync(`${dir}/a.raw`, new Uint8Array(1024));
    using chain = ImageChain.open(`${dir}/a.raw`, { format: "raw", writable: true });
    chain.write(1020n, new Uint8Array(4).fill(4));
    assertThrows(() => chain.write(1021n, new Uint8Array(4)), ImageError, "outside");
    chain.flush();
    chain.close();
    assertEquals(Deno.readFileSync(`${dir}/a.raw`).subarray(1019), new Uint8Array([0, 4, 4, 4, 4]));
  }));
