import type { Edit, FuzzCase, Step } from "./fuzz_case.ts";

/** A part of a case that can be left out. */
type Part =
  | { readonly kind: "edit"; readonly file: number; readonly edit: Edit }
  | { readonly kind: "step"; readonly step: Step };

/** Whether a smaller case still shows what the large one did. */
export type StillFails = (one: FuzzCase) => boolean | Promise<boolean>;

/** Trying a case costs some processes, so not more than this. */
const MAX_TRIALS = 600;

/**
 * Leave out of a case what it does not need: halves of its edits and steps, quarters, and so on
 * down to single ones, until nothing more can go. Returns the smallest case that `stillFails`.
 */
export async function minimiseCase(one: FuzzCase, stillFails: StillFails): Promise<FuzzCase> {
  let parts = partsOf(one);
  let trials = 0;
  for (let size = Math.ceil(parts.length / 2); size >= 1;) {
    let isSmaller = false;
    for (let start = 0; start < parts.length && trials < MAX_TRIALS;) {
      const fewer = [...parts.slice(0, start), ...parts.slice(start + size)];
      trials++;
      if (await stillFails(assemble(one, fewer))) {
        parts = fewer;
        isSmaller = true;
      } else start += size;
    }
    if (size === 1 && (!isSmaller || trials >= MAX_TRIALS)) break;
    if (size > 1 || !isSmaller) size = Math.max(1, Math.floor(size / 2));
  }
  return assemble(one, parts);
}

function partsOf(one: FuzzCase): Part[] {
  return [
    ...one.steps.map((step): Part => ({ kind: "step", step })),
    ...one.files.flatMap(({ edits }, file) =>
      edits.map((edit): Part => ({ kind: "edit", file, edit })).reverse()
    ),
  ];
}

/** The case with these parts only; files of which nothing is left are gone, but for the image. */
function assemble(one: FuzzCase, parts: readonly Part[]): FuzzCase {
  const files = one.files.map(({ name }, index) => ({
    name,
    edits: parts.flatMap((part) => part.kind === "edit" && part.file === index ? [part.edit] : [])
      .reverse(),
  }));
  return {
    about: one.about,
    files: files.filter(({ edits }, index) => index === 0 || edits.length > 0),
    steps: parts.flatMap((part) => part.kind === "step" ? [part.step] : []),
  };
}
