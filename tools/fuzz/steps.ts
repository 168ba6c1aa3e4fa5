import { FormatError, type QedImage, readBacking } from "../../lib/qed/mod.ts";
import type { Operation } from "../../lib/storage/mod.ts";
import type { Step } from "./fuzz_case.ts";
import type { FirstContents, GuestModel } from "./guest_model.ts";
import { rangeRequests, repairRequests, type Session, surveyImage, Violation } from "./session.ts";

/** An image that steps are carried out on, and what is known of its contents. */
export interface Subject {
  /** Where it is open. */
  readonly session: Session;
  /** The image. */
  readonly image: QedImage;
  /** The expected contents of its disk; undefined if its tables were not sound. */
  readonly model: GuestModel | undefined;
}

/** Bytes past this are not checked: their offsets exceed exact numbers. */
export const MAX_MODELLED_BYTES = 2n ** 52n;

/** Larger files take defragmenting too long here. */
const MAX_DEFRAGMENTED_BYTES = 2 ** 36;

/** More tables to write for a growth are left out: each of them is work. */
const MAX_HIDING_TABLES = 200;

/** Carry out a step, and note in the model what it must have done. */
export function takeStep(subject: Subject, step: Step): void {
  switch (step.kind) {
    case "resize":
      return resize(subject, step);
    case "flush":
    case "defragment":
    case "upgrade":
    case "empty":
      return maintain(subject, step.kind);
    default:
      return touchRange(subject, step);
  }
}

/** The contents of the backing file of an image; undefined where it cannot be read. */
export function backingContents(session: Session, image: QedImage): FirstContents {
  return (offsetBytes, lengthBytes) => {
    const into = new Uint8Array(lengthBytes);
    const limits = { image, lengthBytes, requests: rangeRequests(lengthBytes) };
    const outcome = session.run(() => readBacking(image, BigInt(offsetBytes), into), limits);
    return outcome.isDone ? into : undefined;
  };
}

type RangeStep = Extract<Step, { readonly offset: string }>;

function touchRange(subject: Subject, step: RangeStep): void {
  const { session, image, model } = subject;
  const { lengthBytes } = step;
  const offset = BigInt(step.offset);
  const isInside = offset + BigInt(lengthBytes) <= image.imageBytes;
  const outcome = session.run(() => rangeOperation(subject, step), {
    image,
    lengthBytes,
    requests: rangeRequests(lengthBytes),
    changes: step.kind !== "read",
  });
  if (outcome.isDone && !isInside) throw new Violation("step outside", `${step.kind} at ${offset}`);
  if (!isInside || step.kind === "read" || step.kind === "populate") return;
  // Discarded clusters may read as before, as zeroes, or as the backing file has them.
  const isKnown = outcome.isDone && step.kind !== "discard";
  const value = step.kind === "write" ? step.value : 0;
  if (offset >= MAX_MODELLED_BYTES) return;
  model?.store(Number(offset), lengthBytes, isKnown ? value : undefined);
}

function rangeOperation(
  { session: { here }, image }: Subject,
  step: RangeStep,
): Operation<unknown> {
  const offset = BigInt(step.offset);
  const { kind, lengthBytes } = step;
  if (kind === "write") {
    return here.write(image, offset, new Uint8Array(lengthBytes).fill(step.value));
  }
  if (kind === "read") return here.read(image, offset, new Uint8Array(lengthBytes));
  return here[kind](image, offset, lengthBytes);
}

function maintain(subject: Subject, kind: "flush" | "defragment" | "upgrade" | "empty"): void {
  const { session, image, model } = subject;
  // It passes over all of a file, cluster by cluster: seconds for each terabyte.
  if (kind === "defragment" && session.files[0].sizeBytes > MAX_DEFRAGMENTED_BYTES) return;
  const outcome = session.run<unknown>(() => session.here[kind](image), walkLimits(session, image));
  if (!outcome.isDone) {
    const isDamage = outcome.error instanceof FormatError;
    if (model && isDamage) throw new Violation(`${kind} refused`, outcome.error.message);
    return;
  }
  if (kind === "empty") model?.reset(backingContents(session, image), Number(image.imageBytes));
}

function resize(subject: Subject, step: Extract<Step, { readonly kind: "resize" }>): void {
  const { session, image, model } = subject;
  const [oldBytes, newBytes] = [image.imageBytes, BigInt(step.imageBytes)];
  const operation = () => session.here.resize(image, newBytes, { shrink: step.shrink });
  const hidingTables = tablesToHide(image, newBytes);
  if (hidingTables > MAX_HIDING_TABLES) return;
  const limits = walkLimits(session, image);
  const outcome = session.run(operation, {
    ...limits,
    requests: limits.requests + 8 * hidingTables,
  });
  const expected = outcome.isDone ? newBytes : oldBytes;
  if (image.imageBytes !== expected && !image.failure) {
    throw new Violation("resize", `the disk has ${image.imageBytes} bytes, not ${expected}`);
  }
  if (outcome.isDone) model?.resize(Number(newBytes));
}

/**
 * The L2 tables that a growth may have to write: what it brings to light of a longer backing file
 * must be hidden behind zero clusters.
 */
function tablesToHide(image: QedImage, newBytes: bigint): number {
  const { backing, geometry } = image;
  if (!backing) return 0;
  const backingBytes = backing.kind === "raw"
    ? BigInt(backing.sizeBytes)
    : backing.image.imageBytes;
  const hidden = (newBytes < backingBytes ? newBytes : backingBytes) - image.imageBytes;
  const bytesPerTable = geometry.tableEntries * geometry.clusterBytes;
  return hidden <= 0n ? 0 : Math.ceil(Number(hidden) / bytesPerTable) + 1;
}

/** Limits for an operation that walks through all tables and may move everything twice. */
function walkLimits(session: Session, image: QedImage) {
  const survey = surveyImage(session.files[0], image, "as-met");
  return {
    image,
    requests: 4 * repairRequests(survey),
    references: survey.entries * image.geometry.tableClusters,
    walks: 8,
    changes: true,
  };
}
