import { assertEquals, assertThrows } from "@std/assert";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { FreshFile } from "./fresh_file.ts";
import { HostError } from "../storage/host_error.ts";

function store(fresh: FreshFile, text: string): void {
  const bytes = new TextEncoder().encode(text);
  fresh.storage.perform({ kind: "write", file: 0, offsetBytes: 0, bytes, label: "test" });
}

function names(dir: string): string[] {
  return Array.from(Deno.readDirSync(dir), ({ name }) => name).sort();
}

Deno.test("a fresh file has its name only when it is finished", () =>
  inTempDir((dir) => {
    Deno.writeTextFileSync(`${dir}/image`, "old");
    using fresh = FreshFile.create(`${dir}/image`);
    store(fresh, "new");
    assertEquals(Deno.readTextFileSync(`${dir}/image`), "old");
    assertEquals(names(dir).length, 2);
    fresh.finish();
    assertEquals(Deno.readTextFileSync(`${dir}/image`), "new");
    assertEquals(names(dir), ["image"]);
  }));

Deno.test("an unfinished one leaves no trace", () =>
  inTempDir((dir) => {
    {
      using fresh = FreshFile.create(`${dir}/image`);
      store(fresh, "new");
    }
    assertEquals(names(dir), []);
  }));

Deno.test("disposing a finished one removes nothing, also when it happens twice", () =>
  inTempDir((dir) => {
    using fresh = FreshFile.create(`${dir}/image`);
    fresh.finish();
    fresh[Symbol.dispose]();
    fresh[Symbol.dispose]();
    assertEquals(names(dir), ["image"]);
  }));

Deno.test("two fresh files for the same name do not interfere", () =>
  inTempDir((dir) => {
    using first = FreshFile.create(`${dir}/image`);
    using second = FreshFile.create(`${dir}/image`);
    store(first, "first");
    store(second, "second");
    second.finish();
    first.finish();
    assertEquals(Deno.readTextFileSync(`${dir}/image`), "first");
  }));

Deno.test("a symbolic link stays, and what it points at is replaced", () =>
  inTempDir((dir) => {
    Deno.mkdirSync(`${dir}/sub`);
    Deno.writeTextFileSync(`${dir}/sub/real`, "old");
    Deno.symlinkSync("sub/real", `${dir}/link`);
    Deno.symlinkSync("link", `${dir}/second`);
    using fresh = FreshFile.create(`${dir}/second`);
    store(fresh, "new");
    fresh.finish();
    assertEquals(Deno.readTextFileSync(`${dir}/sub/real`), "new");
    assertEquals([names(dir), names(`${dir}/sub`)], [["link", "second", "sub"], ["real"]]);
    assertEquals(Deno.lstatSync(`${dir}/second`).isSymlink, true);
  }));

Deno.test("the permissions of the file that is replaced stay", () =>
  inTempDir((dir) => {
    Deno.writeTextFileSync(`${dir}/image`, "old");
    Deno.chmodSync(`${dir}/image`, 0o600);
    using fresh = FreshFile.create(`${dir}/image`);
    for (const name of names(dir)) {
      assertEquals((Deno.statSync(`${dir}/${name}`).mode ?? 0) & 0o777, 0o600);
    }
    fresh.finish();
    assertEquals((Deno.statSync(`${dir}/image`).mode ?? 0) & 0o777, 0o600);
  }));

Deno.test("folders, devices and missing folders are refused", () =>
  inTempDir((dir) => {
    assertThrows(() => FreshFile.create(dir), HostError, "directory");
    assertThrows(() => FreshFile.create("/dev/null"), HostError, "device");
    assertThrows(() => FreshFile.create(`${dir}/none/image`), HostError, "No such file");
    Deno.symlinkSync("loop", `${dir}/loop`);
    assertThrows(() => FreshFile.create(`${dir}/loop`), HostError, "symbolic links");
    assertEquals(names(dir), ["loop"]);
  }));

Deno.test("a fresh file that must not replace anything refuses an existing name, then or later", () =>
  inTempDir((dir) => {
    Deno.writeTextFileSync(`${dir}/old`, "old");
    assertThrows(
      () => FreshFile.create(`${dir}/old`, { replaces: false }),
      HostError,
      "File exists",
    );
    {
      using fresh = FreshFile.create(`${dir}/new`, { replaces: false });
      store(fresh, "mine");
      Deno.writeTextFileSync(`${dir}/new`, "somebody else's");
      assertThrows(() => fresh.finish(), HostError, "File exists");
    }
    assertEquals(Deno.readTextFileSync(`${dir}/new`), "somebody else's");
    assertEquals(names(dir), ["new", "old"]);

    using fresh = FreshFile.create(`${dir}/third`, { replaces: false });
    store(fresh, "mine");
    fresh.finish();
    assertEquals(Deno.readTextFileSync(`${dir}/third`), "mine");
    assertEquals(names(dir), ["new", "old", "third"]);
  }));

Deno.test("a file is flushed before it gets its name, unless it need not be durable", () =>
  inTempDir((dir) => {
    for (const isDurable of [true, false]) {
      using fresh = FreshFile.create(`${dir}/image`);
      store(fresh, "new");
      const requests: string[] = [];
      const perform = fresh.storage.perform.bind(fresh.storage);
      fresh.storage.perform = (request) => {
        requests.push(request.kind);
        return perform(request);
      };
      fresh.finish({ isDurable });
      assertEquals(requests, isDurable ? ["flush"] : []);
      assertEquals(Deno.readTextFileSync(`${dir}/image`), "new");
    }
  }));
