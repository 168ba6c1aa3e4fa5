import { assertEquals } from "@std/assert";
import { nearest } from "./nearest.ts";

const NAMES = [
  "--format",
  "-f",
  "-F",
  "--output",
  "--quiet",
  "-q",
  "--backing",
  "--backing-format",
];

Deno.test("slips of the finger are recognized, and other words are not", () => {
  const cases: [string, string | undefined][] = [
    ["--fromat", "--format"],
    ["--ouptut", "--output"],
    ["--outputs", "--output"],
    ["--quit", "--quiet"],
    ["--back", "--backing"],
    ["--FORMAT", "--format"],
    ["-Q", "-q"],
    ["--frobnicate", undefined],
    ["--x", undefined],
  ];
  for (const [word, name] of cases) assertEquals(nearest(word, NAMES), name, word);
});
