/** Every command that opens an image refuses malformed ones. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { HEADER_CASES } from "../conformance/cases/header_cases.ts";
import { ImageBuilder, smallImage } from "../../lib/qed/format/image_builder.ts";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { runQed } from "./run_testing.ts";

/** Command lines that open the image `path`; they must not change its backing files. */
function commandLines(path: string, dir: string): string[][] {
  return [
    ["info", "-f", "qed", path],
    ["check", "-f", "qed", path],
    ["check", "-f", "qed", "-r", "all", path],
    ["map", "-f", "qed", path],
    ["read", "-f", "qed", path, "0", "512"],
    ["write", "-f", "qed", path, "0", "-P", "1", "-l", "512"],
    ["convert", "-f", "qed", path, `${dir}/target`],
    ["compare", "-f", "qed", path, path],
    ["measure", "-f", "qed", "-O", "qed", path],
    ["write", "-f", "qed", "-z", path, "0", "-l", "4k"],
    ["discard", "-f", "qed", path, "0", "4k"],
    ["resize", "-f", "qed", path, "+1M"],
    ["dd", "-f", "qed", `if=${path}`, `of=${dir}/target`],
    ["snapshot", "-f", "qed", path, `${dir}/target`],
    ["commit", "-f", "qed", path],
    ["rebase", "-f", "qed", "-b", "", path],
    ["stream", "-f", "qed", path],
    ["bench", "-f", "qed", "-q", "-c", "1", path],
    ["bench", "-f", "qed", "-q", "-w", "-c", "1", path],
    ["create", "-b", "image.qed", "-F", "qed", `${dir}/target`],
  ];
}

/** Command lines that open the image itself only, and not its backing file. */
function shallowLines(path: string): string[][] {
  return [
    ["rebase", "-f", "qed", "-u", path],
    ["defragment", "-f", "qed", path],
    ["upgrade", "-f", "qed", path],
  ];
}

async function assertRefused(dir: string, builder: ImageBuilder, message: string): Promise<void> {
  const path = `${dir}/image.qed`;
  builder.save(path);
  const { size, mtime } = Deno.statSync(path);
  const isSmall = size < 1 << 20;
  const before = isSmall ? Deno.readFileSync(path) : undefined;
  for (const args of [...commandLines(path, dir), ...shallowLines(path)]) {
    const { code, stderr } = await runQed(args);
    assertEquals(code, args[0] === "compare" ? 2 : 1, args.join(" "));
    assertStringIncludes(stderr, message);
    assertEquals(stderr.includes("    at "), false, "a stack trace");
    if (before) assertEquals(Deno.readFileSync(path), before);
    const after = Deno.statSync(path);
    assertEquals([after.size, after.mtime], [size, mtime]);
    assertEquals(Array.from(Deno.readDirSync(dir), ({ name }) => name), ["image.qed"]);
  }
}

for (const { name, build, refused } of HEADER_CASES) {
  if (!refused) continue;
  Deno.test(`every command refuses, and says why: ${name}`, () =>
    inTempDir(async (dir) => {
      const [field, offsetBytes, value] = refused;
      const shown = typeof value === "string" ? JSON.stringify(value) : `${value}`;
      await assertRefused(dir, build(), `${field} at offset ${offsetBytes} is ${shown}: `);
    }));
}

/** Images with a good header and a wrong backing file. */
const CHAIN_CASES: readonly {
  readonly name: string;
  readonly build: () => ImageBuilder;
  readonly message: string;
}[] = [
  {
    name: "a missing backing file",
    build: () => smallImage().builder.setBackingName("none").setHeader({ features: 5n }),
    message: "Could not open backing file 'none': No such file or directory",
  },
  {
    name: "an image that is its own backing file",
    build: () => smallImage().builder.setBackingName("image.qed").setHeader({ features: 1n }),
    message: "The backing chain has a loop",
  },
  {
    name: "a folder for a backing file",
    build: () => smallImage().builder.setBackingName(".").setHeader({ features: 5n }),
    message: "Could not open backing file '.': Is a directory",
  },
  {
    name: "a backing file behind a protocol",
    build: () => smallImage().builder.setBackingName("nbd://host/x").setHeader({ features: 5n }),
    message: "has the protocol 'nbd'",
  },
];

for (const { name, build, message } of CHAIN_CASES) {
  Deno.test(`every command but info refuses ${name}`, () =>
    inTempDir(async (dir) => {
      const path = `${dir}/image.qed`;
      const builder = build().setHeader({ autoclear_features: 1n });
      builder.save(path);
      for (const args of commandLines(path, dir)) {
        const { code, stderr } = await runQed(args);
        if (args[0] === "info") {
          assertEquals(code, 0);
          continue;
        }
        assertEquals(code, args[0] === "compare" ? 2 : 1, args.join(" "));
        assertStringIncludes(stderr, message);
        assertEquals(Deno.readFileSync(path), builder.toBytes());
      }
      assertEquals((await runQed(["info", "--backing-chain", path])).code, 1);
    }));
}

Deno.test("a file that cannot be opened is an error of one line", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/image.qed`;
    for (
      const [target, message] of [[dir, "Is a directory"], [path, "No such file or directory"]]
    ) {
      for (const args of commandLines(target, `${dir}/sub`).slice(0, -1)) {
        const { code, stderr } = await runQed(args);
        assertEquals(code, args[0] === "compare" ? 2 : 1);
        assertStringIncludes(stderr, `qed ${args[0]}: Could not open '${target}': ${message}`);
        assertEquals(stderr.trim().split("\n").length, 1);
      }
    }
  }));

Deno.test("a small file that claims to be huge takes no memory", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/image.qed`;
    new ImageBuilder({ cluster_size: 4096, table_size: 1, image_size: 1n << 29n }).save(path);
    using file = Deno.openSync(path, { read: true, write: true });
    // A sparse file of 8 TiB whose entries point all over it.
    file.truncateSync(2 ** 43);
    const table = new BigUint64Array(512);
    for (let i = 0; i < 512; i++) table[i] = BigInt(i + 2) << 33n;
    file.seekSync(4096, Deno.SeekMode.Start);
    file.writeSync(new Uint8Array(table.buffer));
    const before = Deno.memoryUsage().rss;
    const { code } = await runQed(["check", path]);
    assertEquals(code, 3);
    assert(Deno.memoryUsage().rss - before < 400 * 2 ** 20);
  }));
