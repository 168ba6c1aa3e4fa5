/** A test's body. */
export type TestBody = (context: Deno.TestContext) => void | Promise<void>;

/** A test that not every machine can run. */
export interface OptionalTest {
  /** The test's name. */
  readonly name: string;
  /** Why it cannot run here, or undefined if it can. */
  readonly missing: string | undefined;
  /** What it does. */
  readonly body: TestBody;
}

/**
 * Declare a test that needs something of the machine. Where that is missing the test is ignored and
 * a line says which test and why; with `POWERCUT_REQUIRE_ALL=1` it fails, so that nothing is
 * skipped unnoticed.
 */
export function optionalTest({ name, missing, body }: OptionalTest): void {
  if (missing === undefined) {
    Deno.test(name, body);
  } else if (Deno.env.get("POWERCUT_REQUIRE_ALL") === "1") {
    Deno.test(name, () => {
      throw new Error(`cannot run: ${missing}; POWERCUT_REQUIRE_ALL=1 forbids to skip it`);
    });
  } else {
    console.warn(`SKIPPED: "${name}": ${missing}`);
    Deno.test({ name, ignore: true, fn: body });
  }
}
