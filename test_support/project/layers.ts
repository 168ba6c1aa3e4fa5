/** The rules of the layout, checked on the imports. ARCHITECTURE.md says what they are for. */
import type { ImportEdge } from "./import_graph.ts";

/** Folders and files that may not be imported from a folder. */
interface Rule {
  /** What imports. */
  readonly from: RegExp;
  /** What it must not import. */
  readonly to: RegExp;
  /** The rule in a sentence. */
  readonly rule: string;
}

/** Test code; benchmarks measure with it as well, so they may import it. */
const TEST_CODE = /(_test|_testing)\.ts$|^test_support\/|^scenarios\/system\//;
const MAY_IMPORT_TEST_CODE = /(_test|_testing)\.ts$|^(test_support|scenarios\/system|bench)\//;

const RULES: readonly Rule[] = [
  {
    from: /^lib\//,
    to: /^(harness|scenarios|tools|bench|examples)\//,
    rule: "lib imports nothing above it",
  },
  {
    from: /^lib\/storage\//,
    to: /^lib\/(qed|chain|api|nbd)\//,
    rule: "lib/storage knows no format",
  },
  { from: /^lib\/qed\//, to: /^lib\/(chain|api|nbd)\//, rule: "lib/qed knows no files" },
  { from: /^lib\/chain\//, to: /^lib\/(api|nbd)\//, rule: "lib/chain knows no API" },
  { from: /^lib\/nbd\//, to: /^lib\/(qed|chain|api)\//, rule: "lib/nbd knows no QED" },
  {
    from: /^harness\//,
    to: /^lib\/(qed|chain|api|nbd)\/|^(scenarios|tools|bench)\//,
    rule: "harness knows no format and no program",
  },
  {
    from: /^harness\/reference\//,
    to: /^harness\/(search|engine|parallel)\//,
    rule: "the reference engine shares nothing with the search",
  },
  {
    from: /^harness\/search\//,
    to: /^harness\/(reference|engine|parallel)\//,
    rule: "the search shares nothing with the reference engine",
  },
  {
    from: /^scenarios\//,
    to: /^(tools|bench)\//,
    rule: "scenarios import no program",
  },
  {
    from: /^scenarios\/qed\//,
    to: /^scenarios\/catalog\.ts$/,
    rule: "scenarios/qed does not know the catalog",
  },
  {
    from: /^tools\/kit\//,
    to: /^(tools\/(?!kit\/)|scenarios\/)/,
    rule: "tools/kit knows no program",
  },
];

/** Every broken rule, as a line that names both files. */
export function brokenRules(edges: readonly ImportEdge[]): string[] {
  const broken = edges.flatMap(({ from, to }) =>
    RULES.filter((rule) => rule.from.test(from) && rule.to.test(to))
      .map(({ rule }) => `${from} imports ${to}: ${rule}`)
  );
  const testCode = edges
    .filter(({ from, to }) => !MAY_IMPORT_TEST_CODE.test(from) && TEST_CODE.test(to))
    .map(({ from, to }) => `${from} imports ${to}: only tests and benchmarks import test code`);
  const cycles = valueCycles(edges).map((cycle) => `${cycle.join(" -> ")}: a cycle of values`);
  return [...broken, ...testCode, ...cycles];
}

/** The groups of files that import each other's values, each with its files in order (Tarjan). */
function valueCycles(edges: readonly ImportEdge[]): string[][] {
  const next = new Map<string, Set<string>>();
  for (const { from, to, isValue } of edges) {
    if (isValue) next.set(from, (next.get(from) ?? new Set()).add(to));
  }
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const cycles: string[][] = [];
  const visit = (file: string): number => {
    order.set(file, order.size);
    let lowest = order.get(file)!;
    stack.push(file);
    for (const to of next.get(file) ?? []) {
      if (!order.has(to)) lowest = Math.min(lowest, visit(to));
      else if (stack.includes(to)) lowest = Math.min(lowest, order.get(to)!);
    }
    low.set(file, lowest);
    if (lowest === order.get(file)) {
      const group = stack.splice(stack.indexOf(file));
      if (group.length > 1 || next.get(file)?.has(file)) cycles.push(group.sort());
    }
    return lowest;
  };
  for (const file of next.keys()) if (!order.has(file)) visit(file);
  return cycles;
}
