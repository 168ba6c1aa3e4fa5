import type { CommandName } from "../adapter.ts";
import type { ImageCase } from "./case.ts";
import type { Finding, TestWorkspace } from "../test_workspace.ts";

/** One test of an implementation. */
export interface ConformanceTest {
  /** The case and what of it is tested: `image/empty: check`. */
  readonly name: string;
  /** The commands it needs. */
  readonly commands: readonly CommandName[];
  /** The expected result, in a few words. */
  readonly expected: string;
  /** Whether it changes its files, so that it needs its own. */
  readonly writes: boolean;
  /** Run it in a folder that has the case's files. */
  run(place: TestWorkspace): Promise<Finding>;
}

/** Some files and the tests that they are for. */
export interface TestCase {
  /** Group, slash, what is special about it. */
  readonly name: string;
  /** Why it is there, in a line. */
  readonly about: string;
  /** A capability that the test needs and an implementation may lack. */
  readonly needs?: "rfc layout";
  /** The files. */
  readonly files: ImageCase["files"];
  /** The tests. */
  readonly tests: readonly ConformanceTest[];
}
