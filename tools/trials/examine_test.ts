import { assertEquals } from "@std/assert";
import { qemuDirTest, runToolOk } from "../../test_support/qemu.ts";
import { type Examination, Examiner } from "./examine.ts";
import { type DriverFormat, FORMATS } from "./formats.ts";
import { qemuVersion } from "./qemu_img.ts";
import { probesAt } from "./workloads.ts";

const MIB = 2 ** 20;
const REGION = { lengthBytes: 4096, patterns: new Set([0, 1]) };
const PLAN = {
  regions: [{ ...REGION, offsetBytes: 0 }, { ...REGION, offsetBytes: 8192 }],
  probes: probesAt([3 * MIB]),
};
const [{ pattern: PROBED }] = PLAN.probes;
const EIO = "Input/output error";

function formatOf(driver: string, openOptions: readonly string[] = []): DriverFormat {
  return { ...FORMATS.find(({ name }) => name === driver)!, openOptions };
}

/** Have an image of 4 MiB examined, after commands of `qemu-io`; `damage` changes the file before. */
async function examine(
  dir: string,
  format: DriverFormat,
  commands: readonly string[],
  damage: (path: string) => void = () => {},
): Promise<Examination> {
  const path = `${dir}/disk.img`;
  await runToolOk("qemu-img", ["create", "-q", "-f", format.driver, path, "4M"]);
  await runToolOk("qemu-io", ["-f", format.driver, ...commands.flatMap((c) => ["-c", c]), path]);
  damage(path);
  using examiner = new Examiner(format, PLAN, path);
  return await examiner.examine();
}

qemuDirTest(
  "a sound image reads as what was written, before the probes and after them",
  async (dir) => {
    const commands = ["write -q -P 1 0 4k", "write -q -P 2 8k 512"];
    const bytes = new Uint8Array(4096).fill(2, 0, 512);
    const regions = [{ kind: "pattern", pattern: 1 }, { kind: "bytes", bytes }] as const;
    assertEquals(await examine(dir, formatOf("qcow2"), commands), {
      opens: "at once",
      check: { corruptions: 0, leaks: 0 },
      regions,
      later: regions,
      probes: [{ kind: "pattern", pattern: PROBED }],
      probeErrors: [],
    });
  },
);

qemuDirTest("an image that never opens says why", async (dir) => {
  const { opens, refusal, regions } = await examine(
    dir,
    formatOf("qed"),
    [],
    (path) => Deno.writeFileSync(path, new Uint8Array(4096)),
  );
  assertEquals([opens, refusal, regions], [
    ...["never", "Cannot open the image: Image not in QED format"],
    [],
  ]);
});

qemuDirTest("an image that opens after a repair says why it did not before", async (dir) => {
  const { opens, refusal, regions } = await examine(
    dir,
    formatOf("parallels"),
    ["write -q -P 1 0 4k"],
    setParallelsInUse,
  );
  assertEquals(regions[0], { kind: "pattern", pattern: 1 });
  // Since QEMU 8.2 the driver repairs it by itself.
  const [major, minor] = (await qemuVersion()).split(".").map(Number);
  const repairsItself = major > 8 || (major === 8 && minor >= 2);
  const said =
    "Cannot open the image: parallels: Image was not closed correctly; cannot be opened read/write";
  const expected = repairsItself ? ["at once", undefined] : ["after repair", said];
  assertEquals([opens, refusal], expected);
});

/** What an image has in its header while it is open for writing. */
function setParallelsInUse(path: string): void {
  const bytes = Deno.readFileSync(path);
  new DataView(bytes.buffer).setUint32(44, 0x746f6e59, true);
  Deno.writeFileSync(path, bytes);
}

qemuDirTest(
  "ranges that the driver can't read or write are errors of those ranges",
  async (dir) => {
    // The disk ends before the second range and before the probe.
    const short = formatOf("raw", ["size=8192"]);
    const { opens, regions, later, probes, probeErrors } = await examine(dir, short, []);
    const error = { kind: "error", message: `read failed: ${EIO}` };
    assertEquals(opens, "at once");
    assertEquals([regions, later], Array(2).fill([{ kind: "pattern", pattern: 0 }, error]));
    assertEquals([probes, probeErrors], [[error], [`write failed: ${EIO}`]]);
  },
);

qemuDirTest(
  "a tool that dies is that state's crash, and the next image is examined",
  async (dir) => {
    const path = `${dir}/disk.img`;
    await runToolOk("qemu-img", ["create", "-q", "-f", "raw", path, "4M"]);
    using examiner = new Examiner(formatOf("raw"), PLAN, path);
    assertEquals((await examiner.examine()).crash, undefined);
    const tools = `${dir}/tools`;
    Deno.mkdirSync(tools);
    Deno.writeTextFileSync(`${tools}/qemu-nbd`, "#!/bin/sh\nkill -ABRT $$\n", { mode: 0o755 });
    const usual = Deno.env.get("PATH")!;
    Deno.env.set("PATH", `${tools}:${usual}`);
    try {
      assertEquals((await examiner.examine()).crash, "qemu-nbd ended by SIGABRT");
    } finally {
      Deno.env.set("PATH", usual);
    }
    assertEquals((await examiner.examine()).crash, undefined);
  },
);
