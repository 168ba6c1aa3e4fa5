/** Images that QEMU creates, writes, resizes and leaves behind, as this library sees them. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  checkImage,
  closeImage,
  nextExtent,
  readImage,
  runSync,
  writeImage,
} from "../../../lib/mod.ts";
import {
  type Backing,
  type BackingPlan,
  backingPlans,
  makeBacking,
  OpenedImage,
} from "./backing_testing.ts";
import { sized } from "../../../test_support/long.ts";
import { runTool, runToolOk, seededQemuTest } from "../../../test_support/qemu.ts";
import {
  type ImageShape,
  imageShapes,
  patternBytes,
  rangeOn,
  type RangePick,
  rangePicks,
} from "../../../test_support/random_images.ts";
import { SparseFile } from "../../../lib/storage/sparse_file.ts";
import { inTempDir } from "../../../test_support/temp_dir.ts";

/** A command of qemu-io; each one leaves the image in a state of its own. */
type Command =
  | {
    readonly kind: "access";
    readonly verb: "write" | "zero" | "discard";
    readonly pick: RangePick;
    readonly value: number;
  }
  | { readonly kind: "flush"; readonly verb: "flush" | "aio_flush" }
  | { readonly kind: "grow"; readonly sectors: number };

const access = (verb: "write" | "zero" | "discard") =>
  fc.record({
    kind: fc.constant("access" as const),
    verb: fc.constant(verb),
    pick: rangePicks(["byte", "sector", "cluster", "cluster"]),
    value: fc.nat(255),
  });

const commands: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: access("write") },
  { weight: 4, arbitrary: access("zero") },
  { weight: 1, arbitrary: access("discard") },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("flush" as const),
      verb: fc.constantFrom("flush", "aio_flush"),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("grow" as const),
      sectors: fc.integer({ min: 1, max: 5000 }),
    }),
  },
);

interface Session {
  readonly shape: ImageShape;
  readonly backing: BackingPlan;
  readonly commands: readonly Command[];
  /** Whether qemu-io is killed before it can close the image. */
  readonly killed: boolean;
  /** Sectors by which `qemu-img resize` grows the image in the end; 0 for none. */
  readonly resizedBy: number;
}

const sessions: fc.Arbitrary<Session> = fc.record({
  shape: imageShapes,
  backing: backingPlans,
  commands: fc.array(commands, { minLength: 1, maxLength: 14 }),
  killed: fc.boolean(),
  resizedBy: fc.oneof(
    { weight: 3, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 3000 }) },
  ),
});

/** The arguments for qemu-io; does to `disk` what QEMU should do to the image. */
function translate(
  session: Session,
  disk: SparseFile,
  backing: Backing | undefined,
): string[] {
  const lines = session.commands.map((command) => {
    switch (command.kind) {
      case "flush":
        return command.verb;
      case "grow":
        if (!canGrow(disk, backing)) return "flush";
        disk.grow(disk.sizeBytes + command.sectors * 512);
        return `truncate ${disk.sizeBytes}`;
      case "access":
        return translateAccess(command, { shape: session.shape, disk });
    }
  });
  if (session.killed) lines.push("sigraise 9");
  return lines.flatMap((line) => ["-c", line]);
}

/** QEMU does not grow an image when more of its backing file would come to light. */
function canGrow(disk: SparseFile, backing: Backing | undefined): boolean {
  return (backing?.disk.sizeBytes ?? 0) <= disk.sizeBytes;
}

function translateAccess(
  command: Command & { readonly kind: "access" },
  { shape, disk }: { shape: ImageShape; disk: SparseFile },
): string {
  const shapeNow = { ...shape, imageBytes: disk.sizeBytes };
  const { offsetBytes, lengthBytes } = rangeOn(shapeNow, command.pick);
  const range = `${offsetBytes} ${lengthBytes}`;
  // QEMU's driver answers a discard with success and leaves everything as it is.
  if (command.verb === "discard") return `discard ${range}`;
  const value = command.verb === "zero" ? 0 : command.value;
  disk.write(offsetBytes, new Uint8Array(lengthBytes).fill(value));
  return `write ${command.verb === "zero" ? "-z" : `-P ${value}`} ${range}`;
}

async function playInQemu(
  dir: string,
  session: Session,
): Promise<[SparseFile, Backing | undefined]> {
  const { shape } = session;
  const path = `${dir}/image.qed`;
  const backing = makeBacking(dir, { plan: session.backing, shape });
  await runToolOk("qemu-img", [
    ...["create", "-q", "-f", "qed"],
    ...["-o", `cluster_size=${shape.clusterBytes},table_size=${shape.tableClusters}`],
    ...(backing ? ["-b", backing.name, "-F", backing.format] : []),
    ...[path, `${shape.imageBytes}`],
  ]);
  const disk = new SparseFile(shape.imageBytes, backing?.disk);
  const args = ["-f", "qed", path, ...translate(session, disk, backing)];
  const { code, stderr, stdout } = await runTool("qemu-io", args);
  assertEquals(code, session.killed ? 128 + 9 : 0, `qemu-io ${args.join(" ")}\n${stdout}${stderr}`);
  if (session.resizedBy > 0 && canGrow(disk, backing)) {
    disk.grow(disk.sizeBytes + session.resizedBy * 512);
    await runToolOk("qemu-img", ["resize", "-q", "-f", "qed", path, `${disk.sizeBytes}`]);
  }
  return [disk, backing];
}

/** What QEMU itself reads from the image; unlike the plan it has QEMU's bugs. */
async function readWithQemu(dir: string): Promise<string> {
  const path = `${dir}/qemu.raw`;
  await runToolOk("qemu-img", ["convert", "-f", "qed", "-O", "raw", `${dir}/image.qed`, path]);
  return path;
}

function assertReadsAs(opened: OpenedImage, truth: { disk: SparseFile; rawPath: string }): void {
  const { disk, rawPath } = truth;
  const { image, files } = opened;
  assertEquals(image.imageBytes, BigInt(disk.sizeBytes));
  using raw = Deno.openSync(rawPath);
  assertEquals(raw.statSync().size, disk.sizeBytes);
  for (const [offset, length] of [...disk.ranges(), ...extentEdges(opened)]) {
    const expected = new Uint8Array(length);
    raw.seekSync(offset, Deno.SeekMode.Start);
    for (let done = 0; done < length;) done += raw.readSync(expected.subarray(done)) ?? length;
    const actual = new Uint8Array(length);
    runSync(readImage(image, offset, actual), files);
    assertEquals(actual, expected, `guest bytes ${offset} to ${offset + length}`);
    if (!image.backing) assertEquals(actual, disk.read(offset, length), "QEMU's own reading");
  }
}

/** The first and the last bytes of each extent that the image holds itself. */
function extentEdges({ image, files }: OpenedImage): [number, number][] {
  const edges: [number, number][] = [];
  for (let at = 0n;;) {
    const extent = runSync(nextExtent(image, at), files);
    if (!extent) return edges;
    const length = Math.min(65536, Number(extent.lengthBytes));
    at = extent.startBytes + extent.lengthBytes;
    if (extent.state === "unallocated") continue;
    edges.push([Number(extent.startBytes), length], [Number(at) - length, length]);
  }
}

/** How often an image was found with NEED_CHECK set. */
let dirtyImages = 0;

async function assertWeAgree(dir: string, session: Session): Promise<void> {
  const [disk, backing] = await playInQemu(dir, session);
  const truth = { disk, rawPath: await readWithQemu(dir) };
  const open = { name: "image.qed", backing };
  {
    using opened = new OpenedImage(dir, open);
    const { image, files } = opened;
    if (image.needsCheck) dirtyImages++;
    assertEquals(image.needsCheck && !session.killed, false, "a closed image is clean");
    const { corruptions, leaks, checkErrors } = runSync(checkImage(image), files);
    assertEquals({ corruptions, leaks, checkErrors }, { corruptions: 0, leaks: 0, checkErrors: 0 });
    assertReadsAs(opened, truth);
  }
  // Opened for writing, a dirty image is checked first; writing goes on from there.
  using opened = new OpenedImage(dir, { ...open, writable: true });
  assertEquals(opened.image.needsCheck, false);
  assertReadsAs(opened, truth);
  const bytes = patternBytes(77, Math.min(3000, disk.sizeBytes));
  runSync(writeImage(opened.image, disk.sizeBytes - bytes.length, bytes), opened.files);
  runSync(closeImage(opened.image), opened.files);
  const readBack = await runToolOk("qemu-img", ["check", "-f", "qed", `${dir}/image.qed`]);
  assertEquals(readBack.split("\n")[0], "No errors were found on the image.");
}

seededQemuTest("images that QEMU wrote, resized or left dirty read the same here", async (seed) => {
  await fc.assert(
    fc.asyncProperty(
      sessions,
      (session) => inTempDir((dir) => assertWeAgree(dir, session)),
    ),
    { seed, numRuns: sized({ short: 20, long: 120 }) },
  );
  assertEquals(
    dirtyImages > sized({ short: 0, long: 5 }),
    true,
    "qemu-io was killed with the image dirty",
  );
});
