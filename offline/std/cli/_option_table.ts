import type { ParseOptions } from "./parse_args.ts";

/** How an option takes its value; `open` is that of an option nobody declared. */
export type OptionKind = "boolean" | "string" | "open";

/** What was declared about options, asked by any of their names. */
export class OptionTable {
  readonly #groups = new Map<string, ReadonlySet<string>>();
  readonly #boolean: ReadonlySet<string>;
  readonly #string: ReadonlySet<string>;
  readonly #collect: ReadonlySet<string>;
  readonly #negatable: ReadonlySet<string>;
  readonly #isEveryLongBoolean: boolean;

  constructor(options: ParseOptions) {
    for (const [name, aliases] of Object.entries(options.alias ?? {})) {
      this.#joinNames([name, ...toList(aliases)]);
    }
    const { boolean = [], string = [], collect = [], negatable = [] } = options;
    this.#isEveryLongBoolean = boolean === true;
    this.#boolean = this.#withAliases(typeof boolean === "boolean" ? [] : toList(boolean));
    this.#string = this.#withAliases(toList(string));
    this.#collect = this.#withAliases(toList(collect));
    this.#negatable = this.#withAliases(toList(negatable));
  }

  /** A name and its aliases. */
  namesOf(name: string): Iterable<string> {
    return this.#groups.get(name) ?? [name];
  }

  /** How the option that is written as `arg` takes its value. */
  kindOf(name: string, arg: string): OptionKind {
    if (this.#boolean.has(name)) return "boolean";
    if (this.#string.has(name)) return "string";
    const isLongFlag = arg.startsWith("--") && !arg.includes("=");
    return this.#isEveryLongBoolean && isLongFlag ? "boolean" : "open";
  }

  /** Whether the option was named to the parser at all. */
  isKnown(name: string, arg: string): boolean {
    return this.kindOf(name, arg) !== "open" || this.#groups.has(name);
  }

  /** Whether every occurrence is kept. */
  isCollected(name: string): boolean {
    return this.#collect.has(name);
  }

  /** Whether `--no-` and the name turn it off. */
  isNegatable(name: string): boolean {
    return this.#negatable.has(name);
  }

  /** Names declared to be boolean. */
  get booleanNames(): Iterable<string> {
    return this.#boolean;
  }

  /** Names declared to be strings; `_` stands for the operands. */
  get stringNames(): ReadonlySet<string> {
    return this.#string;
  }

  /** Joins names to one group, with the groups that they are already in. */
  #joinNames(names: readonly string[]): void {
    const group = new Set(names.flatMap((name) => [...this.namesOf(name)]));
    for (const name of group) this.#groups.set(name, group);
  }

  #withAliases(names: readonly string[]): ReadonlySet<string> {
    return new Set(names.flatMap((name) => [...this.namesOf(name)]));
  }
}

function toList(names: string | readonly string[]): readonly string[] {
  return typeof names === "string" ? [names] : names;
}
