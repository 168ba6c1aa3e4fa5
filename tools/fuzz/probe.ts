import { FormatError, type HeaderLayout, type QedImage } from "../../lib/qed/mod.ts";
import type { FuzzCase } from "./fuzz_case.ts";
import { rangeRequests, type Session, surveyImage, Violation } from "./session.ts";
import type { SparseFile } from "../../lib/storage/sparse_file.ts";
import type { Survey } from "./table_survey.ts";

/** The most extents of a map that are asked for. */
const MAX_EXTENTS = 100;
/** The most clusters whose contents are compared. */
const MAX_COMPARED = 24;

/** The result of probing an image. */
export interface ProbeResult {
  /** Whether it opened. */
  readonly opens: boolean;
  /** The corruptions that a check found. */
  readonly corruptions?: number;
}

/**
 * Look at an image without changing it: open it under one layout or the one it is taken for, check
 * it, map it, read from it. Throws a {@linkcode Violation} where a rule is broken: a write, too
 * many requests or too much memory, a check that counts otherwise than the oracle, a map with
 * gaps, data from elsewhere than where the tables say.
 */
export function probeImage(session: Session, one: FuzzCase, layout?: HeaderLayout): ProbeResult {
  const opened = session.open(layout ? { layout } : {});
  if (!opened.isDone) return { opens: false };
  const image = opened.value;
  const [file] = session.files;
  const survey = surveyImage(file, image, "as-met");
  const corruptions = checkCounts(session, image, survey);
  mapDisk(session, image, survey);
  readClusters(session, image, survey);
  for (const step of one.steps) {
    if (step.kind !== "read") continue;
    const into = new Uint8Array(step.lengthBytes);
    readRange(session, image, BigInt(step.offset), into);
  }
  return { opens: true, corruptions };
}

/** Read within limits. Returns the typed error of a refusal. */
export function readRange(
  session: Session,
  image: QedImage,
  offset: bigint,
  into: Uint8Array,
): Error | undefined {
  const limits = { image, lengthBytes: into.length, requests: rangeRequests(into.length) };
  const outcome = session.run(() => session.here.read(image, offset, into), limits);
  return outcome.isDone ? undefined : outcome.error;
}

function checkCounts(session: Session, image: QedImage, survey: Survey): number {
  const { tables, entries } = survey;
  const limits = {
    image,
    requests: tables + 2,
    references: entries * image.geometry.tableClusters,
  };
  const outcome = session.run(() => session.here.check(image), limits);
  if (!outcome.isDone) throw new Violation("check refused", outcome.error.message);
  const { corruptions, leaks, checkErrors } = outcome.value;
  const [found, expected] = [[corruptions, leaks, checkErrors], [
    survey.corruptions,
    survey.leaks,
    0,
  ]];
  if (found.join() !== expected.join()) {
    throw new Violation(
      "check counts",
      `corruptions, leaks, errors: ${found} found, ${expected} expected`,
    );
  }
  return corruptions;
}

function mapDisk(session: Session, image: QedImage, survey: Survey): void {
  let at = 0n;
  for (let count = 0; count < MAX_EXTENTS && at < image.imageBytes; count++) {
    const limits = { image, requests: survey.entries + 2 };
    const outcome = session.run(() => session.here.nextExtent(image, at), limits);
    if (!outcome.isDone) {
      // An entry that is wrong ends the map, but not before it.
      if (readRange(session, image, at, new Uint8Array(1))) return;
      throw new Violation("map refuses a good place", `at ${at}: ${outcome.error.message}`);
    }
    const extent = outcome.value;
    if (!extent || extent.startBytes !== at || extent.lengthBytes <= 0n) {
      throw new Violation("map has a gap", `at ${at} of ${image.imageBytes}`);
    }
    at += extent.lengthBytes;
    if (at > image.imageBytes) throw new Violation("map past the end", `up to ${at}`);
  }
}

/** Read the disk's ends, clusters that the tables place, and clusters whose entry is wrong. */
function readClusters(session: Session, image: QedImage, survey: Survey): void {
  const { clusterBytes } = image.geometry;
  const [file] = session.files;
  const length = Math.min(clusterBytes, 65536);
  const readAt = (offset: bigint) => {
    const left = image.imageBytes - offset;
    const into = new Uint8Array(left < BigInt(length) ? Number(left) : length).fill(0xaa);
    return { into, error: readRange(session, image, offset, into) };
  };
  readAt(0n);
  if (image.imageBytes > BigInt(length)) readAt(image.imageBytes - BigInt(length));
  for (const [cluster, place] of sample([...survey.kept], MAX_COMPARED)) {
    const offset = BigInt(cluster) * BigInt(clusterBytes);
    if (offset >= image.imageBytes) continue;
    const { into, error } = readAt(offset);
    if (error) throw new Violation("good cluster not read", `cluster ${cluster}: ${error.message}`);
    compareCluster(into, { cluster, place, file });
  }
  for (const cluster of sample(survey.lost, 4)) {
    const offset = BigInt(cluster) * BigInt(clusterBytes);
    if (offset >= image.imageBytes) continue;
    const { error } = readAt(offset);
    if (error && !(error instanceof FormatError)) {
      throw new Violation("wrong kind of error", `cluster ${cluster}: ${error}`);
    }
  }
}

function compareCluster(
  found: Uint8Array,
  at: { cluster: number; place: number | "zero"; file: SparseFile },
): void {
  const { cluster, place, file } = at;
  const expected = place === "zero" ? new Uint8Array(found.length) : file.read(place, found.length);
  const index = found.findIndex((byte, i) => byte !== expected[i]);
  if (index < 0) return;
  throw new Violation(
    "read from elsewhere",
    `byte ${index} of cluster ${cluster}, at ${place}, is ${found[index]}, not ${expected[index]}`,
  );
}

/** At most `most` of some values, spread evenly. */
export function sample<T>(values: readonly T[], most: number): T[] {
  if (values.length <= most) return [...values];
  return Array.from({ length: most }, (_, i) => values[Math.floor(i * values.length / most)]);
}
