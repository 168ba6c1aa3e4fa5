import { assertEquals } from "@std/assert";
import { emptyDir, emptyDirSync } from "@std/fs";
import { pathToFileURL } from "node:url";

Deno.test("emptyDir() removes everything in the directory, but not the directory", async () => {
  const root = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${root}/dir/below`, { recursive: true });
    await Deno.writeTextFile(`${root}/dir/file`, "");
    await Deno.symlink("nowhere", `${root}/dir/link`);
    await emptyDir(pathToFileURL(`${root}/dir`));
    assertEquals([...Deno.readDirSync(`${root}/dir`)], []);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("emptyDir() makes the directory if there is none", async () => {
  const root = await Deno.makeTempDir();
  try {
    await emptyDir(`${root}/new`);
    assertEquals([...Deno.readDirSync(`${root}/new`)], []);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("emptyDirSync() removes everything, and makes the directory if there is none", () => {
  const root = Deno.makeTempDirSync();
  try {
    Deno.mkdirSync(`${root}/dir/below`, { recursive: true });
    emptyDirSync(`${root}/dir`);
    emptyDirSync(`${root}/new`);
    assertEquals([...Deno.readDirSync(`${root}/dir`), ...Deno.readDirSync(`${root}/new`)], []);
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
});
