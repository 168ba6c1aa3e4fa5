/** Names of fields in files of earlier versions, and the names of today. */
const FIELDS: Readonly<Record<string, string>> = {
  tape: "choices",
  again: "nested",
  ruined: "corruption",
  plant: "mutant",
  judgedWith: "checkedWith",
};
/** Kinds of violation, likewise. */
const KINDS: Readonly<Record<string, string>> = {
  "changes-later": "aliasing",
  "cannot-use": "unusable",
};

/**
 * A reviver for `JSON.parse` that reads replay files and shards of earlier versions: it gives their
 * fields, kinds of violation and presets the names of today. Files of today stay as they are.
 */
export function withCurrentNames(field: string, value: unknown): unknown {
  if (typeof value === "string") {
    if (field === "kind") return KINDS[value] ?? value;
    if (field !== "preset" && field !== "judgedWith") return value;
    return value.replace(/^destruction(?=\()/, "neighbour-corruption")
      .replace(/, probes (?=\[)/, ", post-recovery writes ");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  if (!Object.keys(value).some((key) => key in FIELDS)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [FIELDS[key] ?? key, each]),
  );
}
