import { assert, assertEquals, assertLess } from "@std/assert";
import { sized } from "../long.ts";
import { qemuTest, runToolOk } from "../qemu.ts";
import { inTempDir } from "../temp_dir.ts";
import { Image } from "../../lib/api/image.ts";
import { DISK, pattern, withImage } from "../../lib/api/image_testing.ts";

const ROOT = new URL("../../", import.meta.url);

/** The program of docs/library.md that copies an image to a raw file. */
function copyProgram(): string {
  const page = Deno.readTextFileSync(new URL("docs/library.md", ROOT));
  const [, program] = /```ts ignore\n([^`]*pipeTo[^`]*)```/.exec(page) ?? [];
  assert(program !== undefined, "docs/library.md has no program that uses pipeTo");
  return program;
}

/** Run the program on an image and return the raw file that it writes. */
async function copy(
  dir: string,
  from: string,
  check: "--check" | "--no-check",
): Promise<Uint8Array> {
  const program = `${dir}/copy.ts`;
  const to = `${dir}/copy.raw`;
  Deno.writeTextFileSync(program, copyProgram());
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      check,
      "--config",
      new URL("deno.json", ROOT).pathname,
      program,
      from,
      to,
    ],
  }).output();
  assertEquals([code, code === 0 ? "" : new TextDecoder().decode(stderr)], [0, ""]);
  return Deno.readFileSync(to);
}

async function writeSome(path: string): Promise<void> {
  await using image = await Image.open(path, { writable: true });
  await image.write(12345, pattern(1, 500_000));
  await image.write(DISK - 1000, pattern(2, 1000));
}

Deno.test("the program of docs/library.md, at most ten lines, copies an image to a raw file", () =>
  withImage("qed", async (path, dir) => {
    await writeSome(path);
    assertLess(copyProgram().trimEnd().split("\n").length, 11);
    const copied = await copy(dir, path, sized({ short: "--no-check", long: "--check" }));
    assertEquals(copied.length, DISK);
    assertEquals(copied.subarray(12345, 512_345), pattern(1, 500_000));
    assertEquals(copied.subarray(DISK - 1000), pattern(2, 1000));
  }));

qemuTest(
  "the program of docs/library.md copies what qemu-img converts",
  () =>
    inTempDir(async (dir) => {
      // Table sizes of one cluster are not for QEMU.
      const made = `${dir}/made.qed`;
      await (await Image.create(made, { sizeBytes: DISK })).close();
      await writeSome(made);
      const overlay = `${dir}/overlay.qed`;
      await (await Image.create(overlay, { backing: { name: "made.qed", format: "qed" } })).close();
      const converted = `${dir}/converted.raw`;
      await runToolOk("qemu-img", ["convert", "-O", "raw", overlay, converted]);
      assertEquals(await copy(dir, overlay, "--no-check"), Deno.readFileSync(converted));
    }),
);
