import { PagedStorage } from "../../harness/advanced.ts";
import { STRICT } from "../../lib/mod.ts";
import { describeQedWrite } from "./describe_qed_write.ts";
import { CLUSTER, DISK } from "./sizes.ts";
import { record } from "./record.ts";
import { type Step, write } from "./workload.ts";

/** The description of each write of a workload, on an image with one cluster in use. */
export function explainedWrites(steps: readonly Step[]): (string | undefined)[] {
  const prepared = [write(0, CLUSTER)];
  const workload = { clusterBytes: CLUSTER, imageBytes: DISK, prepared, steps };
  const log = record(workload, { profile: STRICT });
  const file = new PagedStorage(log.base);
  return log.events.flatMap((event) => {
    if (event.kind !== "write-issued") return [];
    const name = describeQedWrite(event, file);
    file.write(event.offsetBytes, event.bytes.length, event.bytes);
    return [name];
  });
}
