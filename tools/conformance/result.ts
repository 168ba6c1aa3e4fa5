/** What came of a test. */
export interface TestResult {
  /** The case and what of it was tested. */
  readonly name: string;
  /**
   * `passed`: as it should be. `failed`: not. `known`: not, in the way that the adapter says, and
   * why. `surprising`: the adapter says that it fails, or how, and it does not. `lacking`: the
   * implementation has not what it takes.
   */
  readonly status: "passed" | "failed" | "known" | "surprising" | "lacking";
  /** What must come out, in a few words. */
  readonly expected: string;
  /** What the implementation made of it; nothing if that is what must come out. */
  readonly found?: string;
  /** Why a difference is known, or what is lacking. */
  readonly why?: string;
  /** What the command printed. */
  readonly detail?: string;
  /** How long it took. */
  readonly milliseconds: number;
}

/** What came of testing an implementation. */
export interface AdapterResult {
  /** The adapter's name. */
  readonly name: string;
  /** The first line that its version command prints, if it has one. */
  readonly version?: string;
  /** Why it could not be tested at all. */
  readonly missing?: string;
  /** Differences that the adapter lists for tests that do not exist. */
  readonly unknownTests: readonly string[];
  /** Its tests, in the order of the cases. */
  readonly results: readonly TestResult[];
}

/** Whether everything came out as it should, or as it is known not to. */
export function isAsDocumented(result: AdapterResult): boolean {
  return result.unknownTests.length === 0 &&
    result.results.every(({ status }) => status !== "failed" && status !== "surprising");
}
