import { format } from "./_message.ts";

/** Two texts of more lines than this, squared, are not aligned: it would take long. */
const MAX_ALIGNED_PAIRS = 2 ** 22;
/** Equal lines that are shown around a difference. */
const CONTEXT_LINES = 20;

interface Line {
  sign: " " | "-" | "+";
  text: string;
}

/** Shows in which lines two values differ. */
export function describeDifference(actual: unknown, expected: unknown): string {
  const areStrings = typeof actual === "string" && typeof expected === "string";
  const [one, other] = [actual, expected]
    .map((value) => (areStrings ? String(value) : format(value)).split("\n"));
  const lines = withoutLongContext(diff(one, other)).map(({ sign, text }) => `${sign}   ${text}`);
  return ["", "", "    [Diff] Actual / Expected", "", "", ...lines, ""].join("\n");
}

function diff(actual: string[], expected: string[]): Line[] {
  const shortest = Math.min(actual.length, expected.length);
  let start = 0;
  while (start < shortest && actual[start] === expected[start]) start++;
  let tail = 0;
  while (tail < shortest - start && actual.at(-1 - tail) === expected.at(-1 - tail)) tail++;
  const common = (text: string): Line => ({ sign: " ", text });
  return [
    ...actual.slice(0, start).map(common),
    ...align(
      actual.slice(start, actual.length - tail),
      expected.slice(start, expected.length - tail),
    ),
    ...actual.slice(actual.length - tail).map(common),
  ];
}

/** Pairs up as many lines as it can, by the longest common subsequence. */
function align(actual: string[], expected: string[]): Line[] {
  const width = expected.length + 1;
  const lengths = actual.length * width > MAX_ALIGNED_PAIRS
    ? undefined
    : commonLengths(actual, expected);
  const lines: Line[] = [];
  const isLonger = expected.length > actual.length;
  for (let i = 0, j = 0; i < actual.length || j < expected.length;) {
    const canRemove = i < actual.length;
    const canAdd = j < expected.length;
    if (lengths && canRemove && canAdd && actual[i] === expected[j]) {
      lines.push({ sign: " ", text: actual[i++] });
      j++;
      continue;
    }
    const below = lengths?.[(i + 1) * width + j] ?? 0;
    const beside = lengths?.[i * width + j + 1] ?? 0;
    const adds = !canRemove || (canAdd && (beside > below || (beside === below && isLonger)));
    lines.push(adds ? { sign: "+", text: expected[j++] } : { sign: "-", text: actual[i++] });
  }
  return lines;
}

/** At `i * (expected.length + 1) + j`: how many lines from `i` and `j` on can be paired up. */
function commonLengths(actual: string[], expected: string[]): Uint32Array {
  const width = expected.length + 1;
  const lengths = new Uint32Array((actual.length + 1) * width);
  for (let i = actual.length - 1; i >= 0; i--) {
    for (let j = expected.length - 1; j >= 0; j--) {
      lengths[i * width + j] = actual[i] === expected[j]
        ? lengths[(i + 1) * width + j + 1] + 1
        : Math.max(lengths[(i + 1) * width + j], lengths[i * width + j + 1]);
    }
  }
  return lengths;
}

/** Counts the equal lines that are far from any difference. */
function withoutLongContext(lines: Line[]): Line[] {
  const kept: Line[] = [];
  for (let start = 0; start < lines.length;) {
    let end = start;
    while (lines[end]?.sign === " ") end++;
    const equal = lines.slice(start, end);
    const hidden = equal.length - 2 * CONTEXT_LINES;
    if (hidden > 1) {
      const text = `... ${hidden} equal lines ...`;
      equal.splice(CONTEXT_LINES, hidden, { sign: " ", text });
    }
    kept.push(...equal);
    for (start = end; start < lines.length && lines[start].sign !== " "; start++) {
      kept.push(lines[start]);
    }
  }
  return kept;
}
