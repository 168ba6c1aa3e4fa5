/** A test's body. */
export type TestBody = (context: Deno.TestContext) => void | Promise<void>;

/** A test that some machines cannot run. */
export interface OptionalTest {
  /** The test's name. */
  readonly name: string;
  /** Why it cannot run here, or undefined if it can. */
  readonly missing: string | undefined;
  /** The body of the test. */
  readonly body: TestBody;
}

/**
 * Declare a test that needs some program or feature of the machine. If that is missing, the test is
 * ignored and a line reports the test and the reason; with `POWERCUT_REQUIRE_ALL=1` the test fails,
 * so that no test is skipped unnoticed.
 */
export function optionalTest({ name, missing, body }: OptionalTest): void {
  if (missing === undefined) {
    Deno.test(name, body);
  } else if (Deno.env.get("POWERCUT_REQUIRE_ALL") === "1") {
    Deno.test(name, () => {
      throw new Error(`cannot run: ${missing}; POWERCUT_REQUIRE_ALL=1 forbids skipping it`);
    });
  } else {
    console.warn(`SKIPPED: "${name}": ${missing}`);
    Deno.test({ name, ignore: true, fn: body });
  }
}
