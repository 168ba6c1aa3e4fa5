import type { Adapter, CommandTemplate } from "./adapter.ts";

/** Where this repository is; ends with a slash. */
const ROOT = new URL("../../", import.meta.url).pathname;

/**
 * The command line of a template: a word that is just a program's placeholder becomes all the
 * words of that program, all other placeholders become their values.
 */
export function commandLine(
  adapter: Pick<Adapter, "programs">,
  run: CommandTemplate["run"],
  values: Readonly<Record<string, string>>,
): string[] {
  const all: Readonly<Record<string, string>> = { ...values, deno: Deno.execPath(), root: ROOT };
  const fill = (word: string) =>
    word.replaceAll(
      /\{(\w+)\}/g,
      (whole, name) => Object.hasOwn(all, name) ? all[name] : whole,
    );
  return run.flatMap((word) => {
    const program = /^\{(\w+)\}$/.exec(word)?.[1];
    if (program !== undefined && Object.hasOwn(adapter.programs, program)) {
      return adapter.programs[program].map(fill);
    }
    return [fill(word)];
  });
}
