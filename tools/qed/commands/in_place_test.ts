/** What a signal leaves of images that are being changed, and what a full disk does. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ImageBuilder } from "../../../lib/qed/format/image_builder.ts";
import { inTempDir } from "../../../test_support/temp_dir.ts";
import { runQed, runQedOk } from "../run_testing.ts";

const MiB = 2 ** 20;

/** What a test's signal throws, since the test itself must not end. */
class Stopped extends Error {}

/** Run a command that gets a signal at its `turns`th turn. */
async function interrupted(args: readonly string[], turns: number): Promise<string> {
  let left = turns;
  const { stderr } = await runQed(args, {
    onTurn(interrupt) {
      if (--left > 0) return;
      interrupt();
      throw new Stopped("stopped");
    },
  });
  return stderr;
}

/** An overlay of 4 MiB over a raw base; the overlay holds four pieces of 64 KiB. */
function makeOverlay(dir: string): { path: string; expected: Uint8Array } {
  const path = `${dir}/a.qed`;
  const expected = new Uint8Array(4 * MiB).fill(1);
  Deno.writeFileSync(`${dir}/base.raw`, expected);
  const builder = new ImageBuilder({ cluster_size: 65_536, image_size: BigInt(4 * MiB) });
  builder.setBackingName("base.raw").setHeader({ features: 5n });
  const table = builder.addL2Table(0);
  for (let cluster = 0; cluster < 64; cluster += 16) {
    builder.addData(table, cluster, 2);
    expected.fill(2, cluster * 65_536, (cluster + 1) * 65_536);
  }
  builder.save(path);
  return { path, expected };
}

async function read(path: string): Promise<Uint8Array> {
  return (await runQed(["read", path, "0", "4M"])).stdoutBytes;
}

/** Commands that change an image in pieces, and whether the guest sees a difference. */
const COMMANDS: readonly { readonly args: readonly string[]; readonly changes: boolean }[] = [
  { args: ["commit", "IMAGE"], changes: false },
  { args: ["commit", "-d", "IMAGE"], changes: false },
  { args: ["stream", "IMAGE"], changes: false },
  { args: ["rebase", "-b", "", "IMAGE"], changes: false },
  { args: ["write", "IMAGE", "0", "-P", "3", "-l", "4M"], changes: true },
  { args: ["write", "-z", "IMAGE", "0", "-l", "4M"], changes: true },
  { args: ["discard", "IMAGE", "0", "4M"], changes: true },
];

for (const { args, changes } of COMMANDS) {
  Deno.test(`a signal during ${args.join(" ")} leaves a good image, and says what to do`, () =>
    inTempDir(async (dir) => {
      for (const turns of [1, 3]) {
        const { path, expected } = makeOverlay(dir);
        const line = args.map((arg) => arg === "IMAGE" ? path : arg);
        const stderr = await interrupted(line, turns);
        if (turns === 1 || stderr !== "") {
          assertStringIncludes(stderr, `qed ${args[0]}: Interrupted; '${path}' is consistent`);
          assertStringIncludes(stderr, "Run the same command again");
        }
        // What a discard has freed is leaked.
        const { code } = await runQed(["check", "-q", path]);
        assert(code === 0 || (changes && code === 3), `${code}`);
        if (!changes) assertEquals(await read(path), expected);
        await runQedOk(...line);
        if (!changes) assertEquals(await read(path), expected);
        for (const name of ["a.qed", "base.raw"]) Deno.removeSync(`${dir}/${name}`);
      }
    }));
}

Deno.test("a signal between two pauses says that a check is due", () =>
  inTempDir(async (dir) => {
    const path = `${dir}/a.qed`;
    const builder = new ImageBuilder({ image_size: BigInt(4 * MiB) });
    const table = builder.addL2Table(0);
    for (let i = 0; i < 300; i++) builder.addData(table, i * 7 % 300, i % 255 + 1);
    builder.save(path);
    const before = (await runQed(["read", path, "0", "4M"])).stdoutBytes;
    const stderr = await interrupted(["defragment", path], 2);
    assertStringIncludes(stderr, `run 'qed check -r all ${path}'`);
    await runQedOk("check", "-q", "-r", "all", path);
    assertEquals((await runQed(["read", path, "0", "4M"])).stdoutBytes, before);
  }));
