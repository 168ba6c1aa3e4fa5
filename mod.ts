/**
 * Powercut: crash-consistency testing for storage formats, with a reference implementation of QED.
 *
 * `@powercut/powercut/lib` has the storage layer and QED, `@powercut/powercut/harness` the
 * recorder, the fault model and the engines; this module has both.
 *
 * @module
 */
export * from "./harness/mod.ts";
export * from "./lib/mod.ts";
