import { WRITES } from "../harness/mod.ts";
import { FORMATS } from "../scenarios/drivers/formats.ts";
import { WORKLOADS } from "../scenarios/drivers/workloads.ts";
import { recordDriver } from "../scenarios/drivers/record.ts";
import { Examiner } from "../scenarios/drivers/examine.ts";
import { QemuIo } from "../scenarios/drivers/qemu_io.ts";
import { Shell } from "../scenarios/drivers/shell.ts";
import { checkImage } from "../scenarios/drivers/qemu_img.ts";
import process from "node:process";
const format = FORMATS.find((f) => f.name === "qcow2")!;
const folder = Deno.makeTempDirSync({ dir: "/dev/shm" });
const recording = await recordDriver(format, WORKLOADS[0], folder);
const path = folder + "/disk.img";
async function lap(what: string, n: number, run: () => Promise<unknown>) {
  const c = process.cpuUsage();
  const t = performance.now();
  for (let i = 0; i < n; i++) await run();
  const d = process.cpuUsage(c);
  console.log(
    what,
    ((performance.now() - t) / n).toFixed(2),
    "ms wall",
    ((d.user + d.system) / n / 1000).toFixed(2),
    "ms cpu here",
  );
}
const io = await QemuIo.start();
await lap("one command", 200, () => io.runAll(["help quit"]));
await lap("ten commands", 200, () => io.runAll(Array(10).fill("length")));
await lap("thirty commands", 200, () => io.runAll(Array(30).fill("length")));
await lap(
  "open close",
  200,
  () => io.runAll([`open -o driver=qcow2,file.driver=file,file.filename=${path}`, "close"]),
);
await lap(
  "open 10 reads close",
  200,
  () =>
    io.runAll([
      `open -o driver=qcow2,file.driver=file,file.filename=${path}`,
      ...Array(10).fill("read -q 0 4096"),
      "close",
    ]),
);
await lap(
  "open 3 writes flush close",
  200,
  () =>
    io.runAll([
      `open -o driver=qcow2,file.driver=file,file.filename=${path}`,
      ...Array(3).fill("write -q 0 4096"),
      "flush",
      "close",
    ]),
);
const sh = new Shell();
await lap("shell true", 200, () => sh.run(["true"]));
await lap("shell /bin/true", 200, () => sh.run(["/bin/true"]));
await lap("check", 100, () => checkImage(sh, { driver: "qcow2", path }));
const e = new Examiner(format, recording.look, path);
await lap("examine", 100, () => e.examine(recording.look.cells.map(() => 0)));
e[Symbol.dispose]();
sh.kill();
io.kill();
Deno.removeSync(folder, { recursive: true });
