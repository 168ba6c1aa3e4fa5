import * as fs from "node:fs";
import { parseCase } from "./fuzz_case.ts";
import type { CorpusCase } from "./generate.ts";

/** Where the corpus is. */
const CORPUS_FOLDER = new URL("../../testdata/fuzz/", import.meta.url);

/** How the names of saved cases end: no ending of JSON, or formatters would break their lines. */
export const CASE_ENDING = ".case";

/** All cases of the corpus, by name. Throws for a file that is no case, naming it. */
export function loadCorpus(folder: URL = CORPUS_FOLDER): CorpusCase[] {
  const names = fs.readdirSync(folder).filter((name) => name.endsWith(CASE_ENDING)).sort();
  return names.map((file) => {
    const text = fs.readFileSync(new URL(file, folder), "utf8");
    try {
      return { name: file.slice(0, -CASE_ENDING.length), one: parseCase(text) };
    } catch (error) {
      throw new SyntaxError(`${file}: ${(error as Error).message}`, { cause: error });
    }
  });
}
