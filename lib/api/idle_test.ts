import { assertEquals } from "@std/assert";
import { FEATURE } from "../qed/mod.ts";
import { Image } from "./image.ts";
import { CLUSTER, FakeTimers, pattern, withImage } from "./image_testing.ts";

/** Whether NEED_CHECK is set in the file: what a crash at this moment would leave. */
function isDirtyOnDisk(path: string): boolean {
  const header = new DataView(Deno.readFileSync(path).buffer);
  return (header.getBigUint64(16, true) & FEATURE.NEED_CHECK) !== 0n;
}

Deno.test("idle for five seconds after an allocation, the image is clean on disk", () =>
  withImage("qed", async (path) => {
    const timers = new FakeTimers();
    await using image = await Image.open(path, { writable: true, startTimer: timers.start });
    assertEquals(timers.delays, []);
    await image.write(0, pattern(1, 512));
    await image.write(CLUSTER, pattern(1, 512));
    assertEquals([timers.delays, isDirtyOnDisk(path)], [[5000], true]);

    timers.go();
    // It takes turns with the check, which therefore ends after it.
    await image.check();
    assertEquals([image.isDirty, isDirtyOnDisk(path), timers.delays], [false, false, []]);

    await image.write(0, pattern(2, 512));
    assertEquals([isDirtyOnDisk(path), timers.delays], [false, []], "in place: nothing to settle");
    await image.write(2 * CLUSTER, pattern(2, 512));
    assertEquals([isDirtyOnDisk(path), timers.delays], [true, [5000]]);
  }));

Deno.test("each allocation restarts the idle timer; closing stops it", () =>
  withImage("qed", async (path) => {
    const timers = new FakeTimers();
    const started: number[] = [];
    const image = await Image.open(path, {
      writable: true,
      idleMs: 70,
      startTimer: (go, delayMs) => {
        started.push(delayMs);
        return timers.start(go, delayMs);
      },
    });
    for (let i = 0; i < 3; i++) await image.write(i * CLUSTER, pattern(1, 512));
    await image.write(0, pattern(2, 512));
    assertEquals([started, timers.delays], [[70, 70, 70], [70]]);
    await image.close();
    assertEquals([timers.delays, isDirtyOnDisk(path)], [[], false]);
  }));

Deno.test("with an infinite idle time only closing makes the image clean", () =>
  withImage("qed", async (path) => {
    const timers = new FakeTimers();
    await using image = await Image.open(path, {
      writable: true,
      idleMs: Infinity,
      startTimer: timers.start,
    });
    await image.write(0, pattern(1, 512));
    assertEquals([timers.delays, image.isDirty], [[], true]);
  }));

Deno.test("with a backing file nothing is ever dirty, and no timer runs", () =>
  withImage("raw", async (_, dir) => {
    const timers = new FakeTimers();
    await using image = await Image.create(`${dir}/overlay.qed`, {
      backing: { name: "disk.raw", format: "raw" },
      startTimer: timers.start,
    });
    await image.write(0, pattern(1, 512));
    assertEquals([timers.delays, image.isDirty], [[], false]);
  }));

Deno.test("the system's timer does not keep the program running", async () => {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      "--no-config",
      `import { startSystemTimer } from "${new URL("../storage/idle_timer.ts", import.meta.url)}";
       startSystemTimer(() => console.log("late"), 2 ** 30);
       startSystemTimer(() => console.log("off"), 0)();
       console.log("end");`,
    ],
  }).output();
  assertEquals([code, new TextDecoder().decode(stdout)], [0, "end\n"]);
});
