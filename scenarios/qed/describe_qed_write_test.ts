import { assertEquals } from "@std/assert";
import { explainedWrites } from "./describe_qed_write_testing.ts";
import { CLUSTER, PER_L2_TABLE } from "./sizes.ts";
import { write } from "./workload.ts";

Deno.test("the writes of an allocation are described by their effect", () => {
  assertEquals(explainedWrites([write(5 * CLUSTER, 2 * CLUSTER)]), [
    "NEED_CHECK set",
    undefined, // data
    "L2 entries of guest clusters 5, 6",
  ]);
});

Deno.test("a new L2 table, its L1 entry, and entries of the second table", () => {
  const steps = [write(PER_L2_TABLE, 512), write(PER_L2_TABLE + 2 * CLUSTER, 3 * CLUSTER)];
  const names = explainedWrites(steps).filter((name) => name !== undefined);
  assertEquals(names.slice(0, 4), [
    "NEED_CHECK set",
    `the new L2 table at ${5 * CLUSTER}`,
    "L1 entry 1",
    "L2 entries of guest clusters 514 to 516",
  ]);
});

Deno.test("NEED_CHECK is cleared at a clean close", () => {
  const names = explainedWrites([write(5 * CLUSTER, 512), { kind: "close" }]);
  assertEquals(names.at(-1), "NEED_CHECK cleared");
});
