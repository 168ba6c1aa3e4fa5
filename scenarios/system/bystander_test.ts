import { assertEquals } from "@std/assert";
import { SECTORS } from "../../harness/advanced.ts";
import { type Filter, STRICT } from "../../lib/mod.ts";
import { type Case, explore } from "../qed/scenario.ts";
import { CLUSTER, DISK } from "../qed/sizes.ts";
import { FLUSH, write } from "../qed/workload.ts";

const CASE: Case = {
  name: "a cluster that the log does not write",
  profile: STRICT,
  preset: SECTORS,
  workload: {
    clusterBytes: CLUSTER,
    imageBytes: DISK,
    prepared: [write(0, CLUSTER)],
    steps: [write(3 * CLUSTER, 512), FLUSH],
  },
  expected: "clean",
};

/** The offset of the prepared cluster: after the header and the L1 table. */
const PREPARED_BYTES = 2 * CLUSTER;

const overwritesPrepared: Filter = function* (request) {
  const answer = yield request;
  if (request.kind === "write" && request.label === "data") {
    const bytes = new Uint8Array(512).fill(0x66);
    yield { kind: "write", file: 0, offsetBytes: PREPARED_BYTES, bytes, label: "data" };
  }
  return answer;
};

Deno.test("data from before the log that a driver overwrites is found, and only then", () => {
  assertEquals(explore(CASE).violations, []);
  const { violations } = explore({ ...CASE, filters: [overwritesPrepared] });
  assertEquals(
    violations.map(({ kind, subject }) => `${kind}: ${subject}`),
    ["wrong-data: guest sector 0"],
  );
});
