import { FEATURE, type HeaderLayout, type QedImage } from "../../lib/qed/mod.ts";
import { readRange, sample } from "./probe.ts";
import type { FuzzCase } from "./fuzz_case.ts";
import { type FirstContents, GuestModel } from "./guest_model.ts";
import { type Outcome, repairRequests, type Session, surveyImage, Violation } from "./session.ts";
import { PAGE_BYTES, type SparseFile } from "../../lib/storage/sparse_file.ts";
import { backingContents, MAX_MODELLED_BYTES, takeStep } from "./steps.ts";
import type { Survey } from "./table_survey.ts";

/** Clusters whose contents are compared after a repair or a step. */
const MAX_COMPARED = 48;

/** The result of changing an image. */
export interface Changed {
  /** How it ended: refused to open, not sound before and so not checked, or checked and good. */
  readonly verdict: "refused" | "unsound" | "sound";
  /** Leaks that a repair left. */
  readonly leaksLeft?: number;
  /** Whether there were corruptions, leaks, or the mark of an image that was not closed. */
  readonly wasDamaged?: boolean;
}

/** How {@linkcode changeImage} begins. */
export interface ChangeOptions {
  /** Repair corruptions and leaks first; otherwise what opening does must be enough. */
  readonly repairs: boolean;
}

/**
 * Open an image for writing, repair it if asked for, carry out the steps, close it, open it again.
 * Throws a {@linkcode Violation} where a repair does not end in sound tables, or loses a cluster
 * that the rule of repair.ts keeps, or where an image with sound tables holds something else than
 * what the guest wrote, or has unsound ones afterwards.
 */
export function changeImage(session: Session, one: FuzzCase, options: ChangeOptions): Changed {
  const before = session.files[0].fork();
  const opened = session.open({ writable: true, skipRepair: options.repairs }, true);
  if (!opened.isDone) return { verdict: "refused" };
  const image = opened.value;
  const [file] = session.files;
  // An image that was marked was repaired by opening it.
  const wasRepaired = options.repairs || isMarked(before, image);
  const survey = surveyImage(before, image, wasRepaired ? "tables-first" : "as-met");
  const leaksLeft = options.repairs ? repair(session, image, survey) : undefined;

  const isSound = wasRepaired || survey.corruptions === 0;
  const model = isSound && image.imageBytes <= MAX_MODELLED_BYTES
    ? modelOf(session, image, { survey, before })
    : undefined;
  if (isSound) assertSound(file, image, wasRepaired ? "repair" : "opening");
  if (model) compare(session, image, { model, survey });
  for (const step of one.steps) takeStep({ session, image, model }, step);
  if (model) compare(session, image, { model, survey });
  if (isSound) assertSound(file, image, "steps");
  session.run(() => session.here.close(image), { image, requests: 8, changes: true });
  if (isSound && !image.failure) reopen(session, image.header.layout, { model, survey });
  const wasDamaged = survey.corruptions + survey.leaks > 0 || isMarked(before, image);
  const verdict = isSound ? "sound" : "unsound";
  return { verdict, wasDamaged, ...(leaksLeft !== undefined && { leaksLeft }) };
}

function isMarked(before: SparseFile, image: QedImage): boolean {
  const features = new DataView(before.read(16, 8).buffer).getBigUint64(0, true);
  return image.header.layout === "final" && (features & FEATURE.NEED_CHECK) !== 0n;
}

function repair(session: Session, image: QedImage, survey: Survey): number {
  const outcome = session.run(
    () => session.here.repair(image, { corruptions: true, leaks: true }),
    {
      image,
      requests: repairRequests(survey) + 8 * survey.tables,
      references: survey.entries * image.geometry.tableClusters,
      changes: true,
    },
  );
  if (!outcome.isDone) throw new Violation("repair refused", outcome.error.message);
  const { corruptions, checkErrors, leaks } = outcome.value;
  if (corruptions > 0 || checkErrors > 0) {
    throw new Violation("repair gave up", `${corruptions} corruptions, ${checkErrors} errors left`);
  }
  if (image.needsCheck) throw new Violation("repair left the mark", "NEED_CHECK is set");
  const found = surveyImage(session.files[0], image, "as-met").leaks;
  if (found !== leaks) throw new Violation("repair miscounts", `${leaks} leaks, ${found} expected`);
  return leaks;
}

function assertSound(file: SparseFile, image: QedImage, after: string): void {
  // A failed write leaves what it leaves; the image says so and takes no more writes.
  if (image.failure) return;
  const { corruptions } = surveyImage(file, image, "as-met");
  if (corruptions > 0) throw new Violation(`unsound after ${after}`, `${corruptions} corruptions`);
}

/** The disk as it must be now: the clusters that the survey keeps, over the backing file. */
function modelOf(
  session: Session,
  image: QedImage,
  facts: { survey: Survey; before: SparseFile },
): GuestModel {
  const { survey: { kept }, before } = facts;
  const { clusterBytes } = image.geometry;
  const backing = backingContents(session, image);
  const first: FirstContents = (offsetBytes, lengthBytes) => {
    const place = kept.get(Math.floor(offsetBytes / clusterBytes));
    if (place === "zero") return new Uint8Array(lengthBytes);
    if (place === undefined) return backing(offsetBytes, lengthBytes);
    return before.read(place + offsetBytes % clusterBytes, lengthBytes);
  };
  return new GuestModel(first, Number(image.imageBytes));
}

/** Compare pages of the clusters that the survey names, and all that the guest touched. */
function compare(
  session: Session,
  image: QedImage,
  facts: { model: GuestModel; survey: Survey },
): void {
  const { model, survey } = facts;
  const { clusterBytes } = image.geometry;
  const clusters = [
    ...sample([...survey.kept.keys()], MAX_COMPARED),
    ...sample(survey.lost, 8),
    0,
  ];
  const ends = clusters.flatMap((cluster) => [
    cluster * clusterBytes,
    (cluster + 1) * clusterBytes - PAGE_BYTES,
  ]);
  for (const offset of new Set([...ends, ...sample(model.touched, 64)])) {
    const left = image.imageBytes - BigInt(offset);
    if (left <= 0n) continue;
    const length = left < BigInt(PAGE_BYTES) ? Number(left) : PAGE_BYTES;
    const found = new Uint8Array(length).fill(0xaa);
    const { bytes, known } = model.expect(offset, length);
    const error = readRange(session, image, BigInt(offset), found);
    if (error && known.every((one) => one === 0)) continue;
    if (error) throw new Violation("cannot be read", `offset ${offset}: ${error.message}`);
    const wrong = found.findIndex((byte, i) => known[i] === 1 && byte !== bytes[i]);
    if (wrong < 0) continue;
    const message = `offset ${offset + wrong} is ${found[wrong]}, not ${bytes[wrong]}`;
    throw new Violation("data lost or misplaced", message);
  }
}

/** Open it again, under the same layout: a full rfc image is taken for a final one otherwise. */
function reopen(
  session: Session,
  layout: HeaderLayout,
  facts: { model: GuestModel | undefined; survey: Survey },
): void {
  const again: Outcome<QedImage> = session.open({ layout });
  if (!again.isDone) throw new Violation("does not open again", again.error.message);
  const image = again.value;
  assertSound(session.files[0], image, "closing");
  if (facts.model) compare(session, image, { model: facts.model, survey: facts.survey });
}
