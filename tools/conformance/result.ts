/** The result of a test. */
export interface TestResult {
  /** The case and what of it was tested. */
  readonly name: string;
  /**
   * `passed`: the expected result. `failed`: another one. `known`: a difference that the adapter
   * lists. `surprising`: the adapter lists another result. `lacking`: the implementation lacks a
   * capability or a command.
   */
  readonly status: "passed" | "failed" | "known" | "surprising" | "lacking";
  /** The expected result, in a few words. */
  readonly expected: string;
  /** The actual result; absent if it is the expected one. */
  readonly found?: string;
  /** Why a difference is known, or the lacking capability. */
  readonly why?: string;
  /** The output of the command. */
  readonly detail?: string;
  /** The duration. */
  readonly milliseconds: number;
}

/** The results of an implementation. */
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
