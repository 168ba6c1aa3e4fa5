/** The package as a program outside the repository sees it. */
import { assertEquals } from "@std/assert";
import { inTempDir } from "../temp_dir.ts";

const ROOT = new URL("../../", import.meta.url);
const { exports: ENTRY_POINTS } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT)));

/** A program for each entry point, that uses its types and values. */
const PROGRAMS: Readonly<Record<string, string>> = {
  ".": `import { defineFormat, explore, FLUSH, Image, readData, write } from ".";
    const raw = defineFormat({
      name: "raw",
      sizeBytes: 512,
      create: () => new Uint8Array(512),
      *open() {},
      *read(_, at, into) { yield* readData(at, into); },
      *write(_, at, bytes) { yield* write(at, bytes, "data"); },
      *flush() { yield FLUSH; },
    });
    explore(raw, { steps: 2 }).assertClean();
    console.log(typeof Image.open);`,
  "./lib": `import { MemoryStorage, QedImage, runSync } from "./lib";
    const file = new MemoryStorage(new Uint8Array(512));
    console.log(file.sizeBytes, typeof runSync, typeof QedImage);`,
  "./lib/nbd": `import { NbdClient, NbdServer } from "./lib/nbd";
    console.log(typeof NbdClient, typeof NbdServer);`,
  "./harness": `import { type ExploreOptions, SECTORS } from "./harness";
    const options: ExploreOptions = { faults: SECTORS };
    console.log(options.faults === SECTORS);`,
  "./harness/advanced": `import { Recorder, type WriteLog } from "./harness/advanced";
    const log: WriteLog = new Recorder({ base: new Uint8Array(512) }).log;
    console.log(log.events.length);`,
  "./cli": `import { main } from "./cli";
    Deno.exit(await main(["--version"]));`,
};

Deno.test("each entry point has a program here", () => {
  assertEquals(Object.keys(PROGRAMS).sort(), Object.keys(ENTRY_POINTS).sort());
});

Deno.test("programs outside the repository import each entry point by path, type-check and run", () =>
  inTempDir(async (dir) => {
    const paths = Object.entries(PROGRAMS).map(([name, program], i) => {
      const url = new URL(ENTRY_POINTS[name], ROOT).href;
      const path = `${dir}/program_${i}.ts`;
      Deno.writeTextFileSync(path, program.replace(`from "${name}"`, `from "${url}"`));
      return path;
    });
    const config = ["--config", new URL("deno.json", ROOT).pathname];
    const run = async (...args: string[]) => {
      const { code, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: dir }).output();
      return [code, code === 0 ? "" : new TextDecoder().decode(stderr)];
    };
    assertEquals(await run("check", ...config, ...paths), [0, ""]);
    for (const path of paths) {
      assertEquals(await run("run", "-A", "--no-check", ...config, path), [0, ""], path);
    }
  }));
