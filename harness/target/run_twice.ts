import { createHash } from "node:crypto";
import { describeRequest, type Request, type SyncStorage } from "../../lib/storage/mod.ts";
import type { ByteSource } from "../log/write_log.ts";
import { PagedStorage } from "../model/paged_storage.ts";
import type { Inspection, Target } from "./target.ts";
import { differenceOf } from "../choices/not_deterministic_error.ts";
import { runTarget } from "./run_target.ts";

/**
 * Recover and inspect a file twice. Returns the inspection. Throws NotDeterministicError if the two
 * runs make different requests, and what the target throws.
 */
export function inspectTwice(target: Target, base: ByteSource): Inspection {
  const [first, again] = [inspectOnce(target, base), inspectOnce(target, base)];
  const what = `recovery of target "${target.name}"`;
  const difference = differenceOf(what, "request", [first.requests, again.requests]);
  if (difference) throw difference;
  return first.inspection;
}

function inspectOnce(target: Target, base: ByteSource) {
  const requests: string[] = [];
  const files = [new PagedStorage(base), ...target.otherFiles].map((file) =>
    noting(file, requests)
  );
  target.beforeEachState();
  const session = runTarget(target.recover(), files);
  return { inspection: runTarget(target.inspect(session), files), requests };
}

/** The same storage, recording its requests. */
function noting(file: SyncStorage, requests: string[]): SyncStorage {
  return {
    perform(request) {
      requests.push(inWords(request));
      return file.perform(request);
    },
  };
}

function inWords(request: Request): string {
  const words = describeRequest(request);
  if (request.kind !== "write") return words;
  return `${words} of ${createHash("sha256").update(request.bytes).digest("hex").slice(0, 8)}`;
}
