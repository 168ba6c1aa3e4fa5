import { assertEquals, assertThrows } from "@std/assert";
import { optionalTest } from "../../test_support/optional.ts";
import { inTempDir } from "../../test_support/temp_dir.ts";
import { HostError } from "../storage/host_error.ts";
import { ImageLock } from "./image_lock.ts";

Deno.test("in one program many may read an image, or one write it", () =>
  inTempDir((dir) => {
    const path = `${dir}/a.qed`;
    Deno.writeFileSync(path, new Uint8Array(512));
    Deno.linkSync(path, `${dir}/same.qed`);
    const writable = true;
    {
      using _first = new ImageLock(path, { writable: false });
      using _second = new ImageLock(path, { writable: false });
      assertThrows(() => new ImageLock(path, { writable }), HostError, "open read-only");
    }
    {
      using _writer = new ImageLock(path, { writable });
      for (const other of [{ writable }, { writable: false }]) {
        assertThrows(() => new ImageLock(path, other), HostError, "open for writing");
      }
      assertThrows(
        () => new ImageLock(`${dir}/same.qed`, { writable }),
        HostError,
        "open for writing",
      );
    }
    using _again = new ImageLock(path, { writable });
  }));

/** Locks an image in a process of its own, and prints the result. */
const LOCKING = `
import { ImageLock } from "${new URL("./image_lock.ts", import.meta.url)}";
const [path, intent] = Deno.args;
try {
  using _lock = new ImageLock(path, { writable: intent === "write" });
  console.log("locked");
} catch (error) {
  console.log(error.message);
}`;

optionalTest({
  name: "of two programs one may write an image, or both read it",
  missing: Deno.build.os === "linux" ? undefined : "images are only locked on Linux",
  body: () =>
    inTempDir(async (dir) => {
      const path = `${dir}/a.qed`;
      Deno.writeFileSync(path, new Uint8Array(512));
      const program = `${dir}/lock.ts`;
      Deno.writeTextFileSync(program, LOCKING);
      const other = async (intent: string) => {
        const { stdout } = await new Deno.Command(Deno.execPath(), {
          args: ["run", "-A", "--no-check", "--no-config", program, path, intent],
        }).output();
        return new TextDecoder().decode(stdout).trim();
      };
      {
        using _reader = new ImageLock(path, { writable: false });
        assertEquals(await other("read"), "locked");
        assertEquals(await other("write"), "Another process has locked the image");
      }
      using _writer = new ImageLock(path, { writable: true });
      assertEquals(await other("read"), "Another process has the image open for writing");
    }),
});

/** Starts one process after the other, and says so. */
const SPAWNING = `for (;;) {
  await new Deno.Command(Deno.execPath(), { args: ["--version"], stdout: "null" }).output();
  postMessage("started");
}`;

optionalTest({
  name: "a lock that is given up is gone, even while processes are being started",
  missing: Deno.build.os === "linux" ? undefined : "images are only locked on Linux",
  body: () =>
    inTempDir(async (dir) => {
      const path = `${dir}/a.qed`;
      Deno.writeFileSync(path, new Uint8Array(512));
      const worker = new Worker(`data:application/javascript,${encodeURIComponent(SPAWNING)}`, {
        type: "module",
      });
      try {
        let started = 0;
        worker.onmessage = () => started++;
        while (started < 20) {
          for (let i = 0; i < 200; i++) new ImageLock(path, { writable: true })[Symbol.dispose]();
          await new Promise((resolve) => setTimeout(resolve, 0));
        }
      } finally {
        worker.terminate();
      }
    }),
});
