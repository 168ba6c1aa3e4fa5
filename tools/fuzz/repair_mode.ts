import { changeImage } from "./change.ts";
import { explain } from "./differences.ts";
import type { FoundCase } from "./findings.ts";
import { buildFiles, type FuzzCase } from "./fuzz_case.ts";
import { IMAGE_NAME } from "./chains.ts";
import { makeFolder } from "./folder.ts";
import { makeDamagedCase } from "./generate.ts";
import type { Implementation } from "./implementation.ts";
import { layerFacts, tryOpen } from "./layers.ts";
import { minimiseCase } from "./minimise.ts";
import { Session, Violation } from "./session.ts";
import type { SparseFile } from "../../lib/storage/sparse_file.ts";
import { frameOf, surveyTables } from "./table_survey.ts";
import { ourVerdict, type QemuVerdict } from "./verdicts.ts";

/** Options of the repairs. */
export interface RepairOptions {
  /** The seed. */
  readonly seed: string;
  /** The number of damaged images. */
  readonly maxCases: number;
  /** The implementation under test. */
  readonly here: Implementation;
  /** QEMU's verdict on the image in a folder; without it only our own checker is asked. */
  readonly qemuCheck?: (folder: string) => Promise<QemuVerdict>;
  /** Asked before each image. */
  readonly isOver: () => boolean;
  /** Lets the event loop run. */
  readonly turn: () => Promise<void>;
  /** Called after each image. */
  readonly onCase?: (done: number) => void;
}

/** The verdicts on the images. */
export interface RepairFigures {
  /** The number of images. */
  images: number;
  /** The number of images with corruptions, leaks or NEED_CHECK. */
  damaged: number;
  /** Refused, and not touched. */
  refused: number;
  /** Clean for our checker and, if it was asked, for QEMU's. */
  clean: number;
  /** Repair left leaks where no hole fits a table; defragmenting made them clean for both. */
  defragmented: number;
  /** Clean but for leaks even then; both checkers agree. */
  leaksLeft: number;
  /** Clean here, and in QEMU but for a difference that is known, by its name. */
  readonly known: Map<string, number>;
  /** Checks by QEMU. */
  askedQemu: number;
  /** Anything else. */
  readonly findings: FoundCase[];
}

/** Images that QEMU looks at, at the same time. */
const MAX_AT_ONCE = 2;

/**
 * Repair damaged images, as many as asked for, and have both checkers look at what comes out. Our
 * repair is watched by the oracles of {@linkcode changeImage}: no sector that was mapped validly
 * may be lost or change.
 */
export async function runRepairs(options: RepairOptions): Promise<RepairFigures> {
  const figures: RepairFigures = {
    images: 0,
    damaged: 0,
    refused: 0,
    clean: 0,
    defragmented: 0,
    leaksLeft: 0,
    known: new Map(),
    askedQemu: 0,
    findings: [],
  };
  const running = new Set<Promise<void>>();
  let failure: unknown;
  for (let number = 0; number < options.maxCases && !options.isOver(); number++) {
    while (running.size >= MAX_AT_ONCE) await Promise.race(running);
    const one: Promise<void> = repairOne(number, options, figures)
      .catch((error) => void (failure ??= error))
      .finally(() => running.delete(one));
    running.add(one);
    await options.turn();
    options.onCase?.(figures.images);
  }
  await Promise.all(running);
  if (failure !== undefined) throw failure;
  return figures;
}

async function repairOne(
  number: number,
  options: RepairOptions,
  figures: RepairFigures,
): Promise<void> {
  const one = makeDamagedCase(options.seed, number);
  figures.images++;
  const outcome = await checkRepair(one, options, figures);
  if (typeof outcome === "string") {
    if (isPlain(outcome)) figures[outcome]++;
    else figures.known.set(outcome, (figures.known.get(outcome) ?? 0) + 1);
    return;
  }
  const shows = async (smaller: FuzzCase) => {
    const again = await checkRepair(smaller, options);
    return typeof again !== "string" && again.rule === outcome.rule;
  };
  const smallest = await minimiseCase(one, shows);
  const token = `repair:${options.seed}:${number}`;
  const finding = { rule: `repair: ${outcome.rule}`, message: outcome.message };
  figures.findings.push({ finding, token, one, smallest, transcript: "" });
}

/** An outcome that needs no explanation. */
type Plain = "clean" | "defragmented" | "leaksLeft" | "refused";

function isPlain(outcome: string): outcome is Plain {
  return ["clean", "defragmented", "leaksLeft", "refused"].includes(outcome);
}

/** Repair an image and check it. Returns the verdict, or the rule that it breaks. */
async function checkRepair(
  one: FuzzCase,
  { here, qemuCheck }: RepairOptions,
  figures?: RepairFigures,
): Promise<string | { readonly rule: string; readonly message: string }> {
  const files = buildFiles(one);
  const session = new Session(here, one, files);
  try {
    const { verdict, leaksLeft, wasDamaged } = changeImage(session, one, { repairs: true });
    if (verdict === "refused") return "refused";
    if (figures && wasDamaged) figures.damaged++;
    const ours = leaksLeft ? defragment(session, one) : "clean";
    const repaired = session.files[0];
    if (!qemuCheck || repaired.sizeBytes > MAX_SAVED_BYTES) return ours;
    if (figures) figures.askedQemu++;
    return await confirm(repaired, ours, qemuCheck);
  } catch (error) {
    if (error instanceof Violation) return { rule: error.rule, message: error.message };
    if (!(error instanceof Error)) throw error;
    return { rule: `unexpected ${error.name}`, message: error.stack ?? error.message };
  }
}

/** Bring a repaired image that has leaks into order, under the same oracles. */
function defragment(session: Session, one: FuzzCase): "defragmented" | "leaksLeft" {
  const steps: FuzzCase["steps"] = [{ kind: "defragment" }];
  changeImage(session, { ...one, steps }, { repairs: false });
  const [file] = session.files;
  const layout = tryOpen(file).image?.header.layout ?? "final";
  const { leaks } = surveyTables(file, frameOf(file, layout), "as-met");
  return leaks === 0 ? "defragmented" : "leaksLeft";
}

/** Larger files are not written to a disk for QEMU. */
const MAX_SAVED_BYTES = 2 ** 36;

async function confirm(
  repaired: SparseFile,
  ours: Plain,
  qemuCheck: NonNullable<RepairOptions["qemuCheck"]>,
): Promise<string | { readonly rule: string; readonly message: string }> {
  using dir = makeFolder();
  const folder = dir.path;
  repaired.save(`${folder}/${IMAGE_NAME}`);
  const theirs = await qemuCheck(folder);
  if ("broken" in theirs) return { rule: `QEMU's ${theirs.broken}`, message: theirs.message };
  const wanted = ours === "leaksLeft" ? 3 : 0;
  if (theirs.code === wanted) return ours;
  const verdict = await ourVerdict("check", folder);
  const layers = layerFacts([repaired]);
  const known = explain({ command: "check", ours: verdict, theirs, layers });
  if (known && verdict.code === wanted) return known.name;
  const message = `exit ${theirs.code} ${JSON.stringify(theirs.facts)} ${theirs.complaint}`;
  return { rule: "not clean for QEMU", message };
}
