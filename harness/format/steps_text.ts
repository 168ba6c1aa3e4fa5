import type { Step } from "../target/subject.ts";

/** The letter of each kind of step in a replay token. */
const LETTERS = {
  write: "w",
  zero: "z",
  discard: "d",
  flush: "f",
  reopen: "r",
  grow: "g",
  close: "c",
} as const;
const RANGE = /^([wzd])(\d{1,15})\+(\d{1,15})$/;
const GROW = /^g(\d{1,15})$/;

/**
 * Steps as short text, for replay tokens: `w0+512.f.r` writes 512 bytes at 0, flushes and opens the
 * file again.
 */
export function stepsToText(steps: readonly Step[]): string {
  return steps.map((step) => {
    if (step.kind === "snapshot") throw new TypeError("a format has no step 'snapshot'");
    const letter = LETTERS[step.kind];
    if ("offsetBytes" in step) return `${letter}${step.offsetBytes}+${step.lengthBytes}`;
    return step.kind === "grow" ? `${letter}${step.sizeBytes}` : letter;
  }).join(".");
}

/** The steps of a text; undefined if it is none. */
export function stepsFromText(text: string): readonly Step[] | undefined {
  const steps = text.split(".").map(stepFromText);
  return steps.every((step) => step !== undefined) ? steps : undefined;
}

function stepFromText(text: string): Step | undefined {
  const range = RANGE.exec(text);
  if (range) {
    const [, letter, offset, length] = range;
    const kind = letter === "w" ? "write" : letter === "z" ? "zero" : "discard";
    return { kind, offsetBytes: Number(offset), lengthBytes: Number(length) };
  }
  const grow = GROW.exec(text);
  if (grow) return { kind: "grow", sizeBytes: Number(grow[1]) };
  switch (text) {
    case "f":
      return { kind: "flush" };
    case "r":
      return { kind: "reopen" };
    case "c":
      return { kind: "close" };
    default:
      return undefined;
  }
}
