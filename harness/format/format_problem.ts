/**
 * The module that workers load to set up the log of a workload: it imports the module of the format
 * and records the workload again.
 *
 * @module
 */
import { RecordedChoices } from "../choices/choices.ts";
import type { Problem } from "../parallel/problem.ts";
import { presetNamed } from "../model/presets.ts";
import type { Step } from "../target/subject.ts";
import { bindingFor } from "./define_format.ts";
import type { FormatModule } from "./explore_options.ts";
import type { FormatBinding } from "./format_binding.ts";

/** A log to search, as plain data. */
export interface LogInput {
  /** The workload. */
  readonly steps: readonly Step[];
  /** The name of the fault model. */
  readonly preset: string;
  /** How many crashes in a row. */
  readonly depth: number;
  /** Which request completes next, each time, if requests are in flight together. */
  readonly order?: readonly number[];
}

/** The same with the place of the format. */
export interface FormatProblemInput extends LogInput {
  /** Where the format comes from. */
  readonly format: FormatModule;
}

/** Load a format from a module. Throws `TypeError` if the module does not export one of that name. */
export async function loadFormat({ module, export: name }: FormatModule): Promise<FormatBinding> {
  const exports = await import(module);
  if (!Object.hasOwn(exports, name)) {
    throw new TypeError(`Cannot load a format: '${module}' does not export '${name}'`);
  }
  try {
    return bindingFor(exports[name]);
  } catch (cause) {
    const message =
      `Cannot load a format: '${name}' of '${module}' does not come from defineFormat`;
    throw new TypeError(message, { cause });
  }
}

/** Set up the problem that `input` describes. */
export async function problemOf(input: unknown): Promise<Problem> {
  const { format, steps, preset, depth, order } = input as FormatProblemInput;
  const binding = await loadFormat(format);
  const { log, target, guestBytes } = recordInOrder(binding, steps, order);
  return { log, target, preset: presetNamed(preset)!, options: { guestBytes, depth } };
}

/** Record a workload, in an order of its requests if one is given. */
export function recordInOrder(
  binding: FormatBinding,
  steps: readonly Step[],
  order: readonly number[] | undefined,
) {
  if (!order) return binding.record(steps);
  const choices = new RecordedChoices(order);
  return binding.record(steps, (count) => choices.choose(count));
}
