/** What QEMU writes to an image, in order, as its `blklogwrites` filter records it. */
import { runToolOk } from "../../../test_support/qemu.ts";
import type { Recorded } from "../../../test_support/recording.ts";

const MAGIC = 0x6a736677736872n;
const FLUSH = 1n;

/** The image behind the recorder, in the working directory. */
const LAYERS = [
  ...["driver=qed", "file.driver=blklogwrites"],
  ...["file.file.driver=file", "file.file.filename=image.qed"],
  ...["file.log.driver=file", "file.log.filename=log"],
].join(",");

/**
 * Run qemu-io with `commands` on `image.qed` in directory `dir`, and answer the writes and flushes
 * that reached the file. The log's format is that of Linux's dm-log-writes.
 */
export async function recordQemu(dir: string, commands: readonly string[]): Promise<Recorded[]> {
  Deno.writeFileSync(`${dir}/log`, new Uint8Array(0));
  await runToolOk("qemu-io", [
    ...["--image-opts", LAYERS, "-t", "writeback"],
    ...commands.flatMap((command) => ["-c", command]),
  ], { cwd: dir });
  return readLog(Deno.readFileSync(`${dir}/log`));
}

/** The same for `qemu-img` with these arguments. */
export async function recordQemuImg(dir: string, args: readonly string[]): Promise<Recorded[]> {
  Deno.writeFileSync(`${dir}/log`, new Uint8Array(0));
  await runToolOk("qemu-img", [...args, "--image-opts", LAYERS], { cwd: dir });
  return readLog(Deno.readFileSync(`${dir}/log`));
}

/** The entries of a log in the format of dm-log-writes; an empty file is a log without entries. */
export function readLog(log: Uint8Array): Recorded[] {
  if (log.length === 0) return [];
  const view = new DataView(log.buffer, log.byteOffset, log.byteLength);
  const u64 = (offset: number) => view.getBigUint64(offset, true);
  if (u64(0) !== MAGIC || u64(8) !== 1n) throw new Error("this is no dm-log-writes log");
  const sectorBytes = view.getUint32(24, true);
  const recorded: Recorded[] = [];
  let at = sectorBytes;
  for (let left = u64(16); left > 0n; left--) {
    const [sector, sectors, flags] = [u64(at), u64(at + 8), u64(at + 16)];
    if ((flags & ~FLUSH) !== 0n) throw new Error(`QEMU never logged flags ${flags} before`);
    at += sectorBytes;
    if ((flags & FLUSH) !== 0n) recorded.push({ kind: "flush" });
    if (sectors === 0n) continue;
    const bytes = log.slice(at, at + Number(sectors) * sectorBytes);
    recorded.push({ kind: "write", offsetBytes: Number(sector) * sectorBytes, bytes });
    at += bytes.length;
  }
  return recorded;
}

/** What QEMU would pass on of these requests: a flush of nothing new it keeps to itself. */
export function withoutIdleFlushes(recorded: readonly Recorded[]): Recorded[] {
  let dirty = false;
  return recorded.filter(({ kind }) => {
    const passed = kind !== "flush" || dirty;
    dirty = kind !== "flush";
    return passed;
  });
}

/** One line for each request, for comparisons that fail readably. */
export function describeRecorded(recorded: readonly Recorded[]): string[] {
  return recorded.map((request) => {
    if (request.kind === "flush") return "flush";
    if (request.kind === "resize") return `resize to ${request.sizeBytes}`;
    const { offsetBytes, bytes } = request;
    return `write ${offsetBytes}+${bytes.length}: ${describeBytes(bytes)}`;
  });
}

/** The runs of equal bytes, and a checksum where there are too many to list. */
function describeBytes(bytes: Uint8Array): string {
  const runs: string[] = [];
  for (let at = 0; at < bytes.length;) {
    let end = at + 1;
    while (end < bytes.length && bytes[end] === bytes[at]) end++;
    if (runs.length < 12) runs.push(`${bytes[at].toString(16)}x${end - at}`);
    at = end;
  }
  let sum = 0;
  for (const byte of bytes) sum = (Math.imul(sum, 31) + byte) >>> 0;
  return `${runs.join(" ")} (sum ${sum})`;
}
