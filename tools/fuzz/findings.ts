import * as fs from "node:fs";
import { ensureDirSync } from "@std/fs";
import { CASE_ENDING } from "./corpus.ts";
import { buildFiles, formatCase, type FuzzCase } from "./fuzz_case.ts";
import type { Finding } from "./fuzz_here.ts";

/** A finding and the case that shows it. */
export interface FoundCase {
  /** The broken rule. */
  readonly finding: Finding;
  /** The case that `powercut fuzz --replay` takes: a token, or the name of a case of the corpus. */
  readonly token: string;
  /** The case as it was generated. */
  readonly one: FuzzCase;
  /** The smallest one that shows the same. */
  readonly smallest: FuzzCase;
  /** The output of both programs, where they disagree. */
  readonly transcript: string;
}

/** Larger files are not saved with a finding; the case says how to make them. */
const MAX_SAVED_BYTES = 2 ** 32;

/**
 * Save a finding in a folder of its own in `folder`: the case, the smallest case that shows the
 * same, the output of both programs, and the files of the smallest case. Returns the folder.
 */
export function saveFinding(folder: string, found: FoundCase): string {
  const { finding, token, one, smallest, transcript } = found;
  const words = `${finding.rule} ${token}`.replaceAll(/[^A-Za-z0-9._-]+/g, "-").slice(0, 120);
  const path = `${folder}/${words}`;
  ensureDirSync(`${path}/files`);
  fs.writeFileSync(`${path}/smallest${CASE_ENDING}`, formatCase(smallest));
  fs.writeFileSync(`${path}/as-generated${CASE_ENDING}`, formatCase(one));
  fs.writeFileSync(
    `${path}/verdicts.txt`,
    `${finding.rule}\n${replayCommand(token)}\n\n${finding.message}\n\n${transcript}`,
  );
  buildFiles(smallest).forEach((file, i) => {
    if (file.sizeBytes > MAX_SAVED_BYTES) return;
    file.save(`${path}/files/${smallest.files[i].name}`);
  });
  return path;
}

/** The command that shows a finding again. */
export function replayCommand(token: string): string {
  return `powercut fuzz --replay ${token}`;
}

/** The number of edits and steps of a case. */
export function countParts(one: FuzzCase): number {
  return one.steps.length + one.files.reduce((sum, { edits }) => sum + edits.length, 0);
}
