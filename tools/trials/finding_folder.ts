import { gzipSync } from "node:zlib";
import * as fs from "node:fs";
import { ensureDirSync } from "@std/fs";
import type { WriteOutcome } from "../../harness/advanced.ts";
import { demonstrationOf } from "./demonstration.ts";
import { type EntryOutcome, outcomesOf } from "./disk_pieces.ts";
import { imageOptions } from "./formats.ts";
import { BACKING_NAME } from "./record.ts";
import type { SparseImage } from "./sparse_image.ts";
import type { ClassResult, TrialResult } from "./trial.ts";
import { placeOf } from "./verdict.ts";
import { SECTOR_BYTES } from "../../lib/storage/sector.ts";

/** A finding as files that show it without this program. */
export interface FindingFolder {
  /** Its name: format, workload and class. */
  readonly name: string;
  /** The path of the script that shows it. */
  readonly script: string;
}

/** The name of a finding's folder. */
export function findingName({ recording }: TrialResult, { kind }: ClassResult): string {
  return `${recording.format.name}-${recording.workload}-${kind}`;
}

/**
 * Write a finding to a folder below `parent`: the image before the log, the log, and a script that puts
 * the writes that reached the disk into the image and shows with QEMU's tools what is wrong.
 */
export function writeFinding(
  parent: string,
  trial: TrialResult,
  found: ClassResult,
  version: string,
): FindingFolder {
  const name = findingName(trial, found);
  const folder = `${parent}/${name}`;
  ensureDirSync(folder);
  const { base, backing, logBytes } = trial.recording;
  const keep = (name: string, bytes: Uint8Array) =>
    fs.writeFileSync(`${folder}/${name}.gz`, gzipSync(bytes, { level: 9 }));
  keep("base.img", bytesOf(base));
  keep("session.log", logBytes);
  if (backing) keep(BACKING_NAME, bytesOf(backing));
  const script = `${folder}/show.sh`;
  fs.writeFileSync(script, scriptOf(trial, found, version));
  fs.chmodSync(script, 0o755);
  return { name, script };
}

function bytesOf(image: SparseImage): Uint8Array {
  const bytes = new Uint8Array(image.sizeBytes);
  image.read(0, bytes);
  return bytes;
}

/** The script: portable shell, and nothing but QEMU's tools. */
function scriptOf(trial: TrialResult, found: ClassResult, version: string): string {
  const { recording, preset } = trial;
  const { format } = recording;
  const { smallest } = found;
  const outcomes = outcomesOf(recording, preset, smallest);
  const { sizeBytes } = smallest.persisted;
  return `#!/bin/sh
# ${format.name}: ${found.kind}. Found with QEMU ${version}.
#
# ${smallest.violation.detail}
#
# base.img.gz is an image that QEMU made; session.log.gz is what ${
    recording.knowsSubmission ? "an NBD server" : "QEMU's blklogwrites filter"
  } recorded while
# a guest used it. Below, the image gets the writes that were durable, and of those that no flush had
# covered yet the ones that happen to reach the disk before the power goes. Then QEMU opens it.
# Needs qemu-img, qemu-io, gzip and dd. Exit code 0: the problem shows. 1: it does not.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
gzip -dc "$here/base.img.gz" > crash.img
gzip -dc "$here/session.log.gz" > session.log${
    recording.backing ? `\ngzip -dc "$here/${BACKING_NAME}.gz" > ${BACKING_NAME}` : ""
  }

# put FROM TO COUNT: sectors of the log to sectors of the image; zero TO COUNT: zeroes.
put() { dd if=session.log of=crash.img bs=${SECTOR_BYTES} skip="$1" seek="$2" count="$3" conv=notrunc 2>/dev/null; }
zero() { dd if=/dev/zero of=crash.img bs=${SECTOR_BYTES} seek="$1" count="$2" conv=notrunc 2>/dev/null; }
io() { qemu-io --image-opts "$@" "${imageOptions(format, "crash.img")}"; }
check() { qemu-img check -f ${format.driver} "$@" crash.img; }
reads_as() { ! io -c "read -q -P $1 $2 $3" 2>&1 | grep -Eq "failed|can't"; }
shown() { echo "SHOWN: ${format.name}: ${found.kind}"; exit 0; }
not_shown() { echo "NOT SHOWN"; exit 1; }

# What the guest did before the crash:
${guestLines(trial, smallest.event).map((line) => `#   ${line}`).join("\n")}

# What was written:
${outcomes.map((outcome) => outcomeLine(trial, outcome)).join("\n")}
${sizeBytes === undefined ? "" : sizeLine(sizeBytes)}
# What comes of it:
${demonstrationOf(recording, smallest.violation).join("\n")}
`;
}

function sizeLine(sizeBytes: number): string {
  return `dd if=/dev/null of=crash.img bs=1 seek=${sizeBytes} count=0 2>/dev/null # the file's size\n`;
}

/** The outcome of an entry, and the command that writes the part that is on disk. */
function outcomeLine({ recording }: TrialResult, { entry, outcome, pieces }: EntryOutcome): string {
  const { offsetBytes, lengthBytes, logOffsetBytes, bytes } = recording.entries[entry];
  const data = logOffsetBytes + logSectorBytes(recording.logBytes);
  const commands = pieces.map(({ fromBytes, toBytes }) => {
    const to = `${(offsetBytes + fromBytes) / SECTOR_BYTES} ${
      (toBytes - fromBytes) / SECTOR_BYTES
    }`;
    return bytes ? `put ${(data + fromBytes) / SECTOR_BYTES} ${to}` : `zero ${to}`;
  });
  const what = bytes ? "" : " zeroes,";
  const words = `# entry ${entry}:${what} ${lengthBytes} bytes at ${offsetBytes}: ${
    OUTCOMES[outcome]
  }`;
  return commands.length === 0 ? words : `${commands.join("; ")} ${words}`;
}

const OUTCOMES = {
  durable: "flushed",
  reached: "NOT FLUSHED, ON DISK",
  partly: "NOT FLUSHED, PARTLY ON DISK",
  lost: "not flushed, lost",
} as const satisfies Record<WriteOutcome, string>;

function logSectorBytes(logBytes: Uint8Array): number {
  return new DataView(logBytes.buffer, logBytes.byteOffset).getUint32(24, true);
}

/** The guest's requests up to an event. */
function guestLines({ recording }: TrialResult, event: number): string[] {
  const answered = new Set<number>();
  const events = recording.log.events.slice(0, event + 1);
  for (const each of events) if (each.kind === "guest-acknowledged") answered.add(each.id);
  return events.flatMap((each) => {
    if (each.kind !== "guest-write-begun" && each.kind !== "guest-flush-begun") return [];
    const state = answered.has(each.id) ? "" : " (under way)";
    if (each.kind === "guest-flush-begun") return [`flush${state}`];
    const { bytes: [pattern], bytes: { length }, offsetBytes } = each;
    const what = pattern === 0 ? "zeroes or a discard" : `0x${pattern.toString(16)}`;
    return [`write ${length} bytes of ${what} at ${placeOf(offsetBytes)}${state}`];
  });
}
