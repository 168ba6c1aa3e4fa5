import type { Output } from "./output.ts";
import { main } from "./main.ts";

/** What a run of the command line printed, and its exit code. */
export interface CapturedRun {
  readonly code: number;
  readonly printed: string;
  readonly complained: string;
}

/** Run `deno task crash` in this process and capture what it prints. */
export async function crash(...args: string[]): Promise<CapturedRun> {
  const printed: string[] = [];
  const complained: string[] = [];
  const output: Output = {
    print: (text) => printed.push(text),
    complain: (text) => complained.push(text),
    progress: () => {},
  };
  const code = await main(args, output);
  return { code, printed: printed.join("\n"), complained: complained.join("\n") };
}
