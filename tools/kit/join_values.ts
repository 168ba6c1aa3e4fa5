/**
 * Join `""` and `-` to the options before them: `--save -` becomes `--save=-`. Without it `parseArgs`
 * takes both for operands and leaves the option without a value.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(joinValues(["-b", "", "--", "-b", "-"], ["-b"]), ["-b=", "--", "-b", "-"]);
 * ```
 *
 * @param args the arguments of a program
 * @param spellings the options that have a value, as they are written: `-b`, `--save`
 */
export function joinValues(args: readonly string[], spellings: readonly string[]): string[] {
  const joined: string[] = [];
  const end = args.indexOf("--");
  for (const [i, arg] of args.entries()) {
    const isOption = end < 0 || i < end;
    const before = joined.at(-1);
    if (isOption && (arg === "" || arg === "-") && before && spellings.includes(before)) {
      joined[joined.length - 1] = `${before}=${arg}`;
    } else joined.push(arg);
  }
  return joined;
}
