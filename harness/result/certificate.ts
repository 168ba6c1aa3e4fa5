import type { Preset } from "../model/presets.ts";
import { formatStates } from "./state_count.ts";
import type { StateCount } from "./state_count.ts";

/** How much of a space was searched. */
export type Coverage =
  | { readonly kind: "exhaustive" }
  /** Stopped before the end: `parts` of the `of` parts known by then were done. */
  | { readonly kind: "partial"; readonly parts: number; readonly of: number }
  /** This many different states, picked with a seed. */
  | { readonly kind: "sampled"; readonly samples: number; readonly seed: number }
  /** Every state in which at most this many units differ from their durable versions. */
  | { readonly kind: "bounded"; readonly units: number };

/** The cost of a search. */
export interface SearchEffort {
  /** Recoveries that were run. */
  readonly recoveries: number;
  /** The number of these that led to a state that was checked before. */
  readonly known: number;
  /** How often groups of independent units were added up instead of multiplied. */
  readonly additions: number;
}

/**
 * The meaning of a result: the space, how much of it was searched, and the shortcuts and their
 * reasons.
 */
export interface Certificate {
  /** The fault model and its summary. */
  readonly model: string;
  /** The engine. */
  readonly engine: string;
  /** The number of moments explored. */
  readonly depth: number;
  /** Crash points: after each event, and before the first. */
  readonly crashPoints: number;
  /** Stretches of the log whose crash points were searched as one space. */
  readonly epochs: number;
  /** Units that vary, over all epochs. */
  readonly units: number;
  /** Pairs of crash point and state. */
  readonly states: StateCount;
  /** How much of that was searched. */
  readonly coverage: Coverage;
  /** The cost of the search. */
  readonly effort: SearchEffort;
}

/** Put a certificate together. */
export function certificateOf(
  { preset, ...rest }: Omit<Certificate, "model"> & { readonly preset: Preset },
): Certificate {
  return { model: `${preset.name}: ${preset.summary}`, ...rest };
}

/**
 * Coverage in words.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { coverageInWords } from "@powercut/powercut/harness/advanced";
 *
 * assertEquals(coverageInWords({ kind: "exhaustive" }, { log2: 90 }), "exhaustive");
 * const sampled = { kind: "sampled", samples: 1000, seed: 7 } as const;
 * assertEquals(coverageInWords(sampled, { log2: 90 }), "sampled 1000 of 2^90.0 (seed 7)");
 * ```
 */
export function coverageInWords(coverage: Coverage, states: StateCount): string {
  switch (coverage.kind) {
    case "exhaustive":
      return "exhaustive";
    case "partial":
      return `partial: ${coverage.parts} of the ${coverage.of} parts known so far`;
    case "sampled":
      return `sampled ${coverage.samples} of ${formatStates(states)} (seed ${coverage.seed})`;
    case "bounded":
      return `complete up to ${coverage.units} surviving units, of ${formatStates(states)} states`;
  }
}

/**
 * A certificate as text, a line for each thing.
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { certificateText } from "@powercut/powercut/harness/advanced";
 *
 * const text = certificateText({
 *   model: "sectors: each 512-byte sector on its own, old or any version since",
 *   engine: "lazy",
 *   depth: 2,
 *   crashPoints: 11,
 *   epochs: 3,
 *   units: 9,
 *   states: { exact: "133", log2: 7.05 },
 *   coverage: { kind: "exhaustive" },
 *   effort: { recoveries: 6, known: 1, additions: 0 },
 * });
 * assertStringIncludes(text, "133 states, exhaustive");
 * ```
 */
export function certificateText(
  { model, engine, depth, crashPoints, epochs, units, states, coverage, effort }: Certificate,
): string {
  const { recoveries, known, additions } = effort;
  const again = depth > 1 ? `, recoveries cut short ${depth - 1} time(s)` : "";
  return [
    `model: ${model}${again}`,
    `space: ${formatStates(states)} states, ${coverageInWords(coverage, states)}; ${crashPoints} ` +
    `crash points, ${units} units`,
    `search: ${engine}, ${recoveries} recoveries`,
    `not run: crash points that others cover (${crashPoints - epochs}), sectors never read, ` +
    `recoveries to states checked before (${known}), combinations of independent units ` +
    `(${additions} times)`,
  ].join("\n");
}
