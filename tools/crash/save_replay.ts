import { createHash } from "node:crypto";
import { ensureDirSync } from "@std/fs";
import type { Io } from "../kit/io.ts";
import type { ReplayFile } from "./replay_file.ts";

/**
 * Write a replay file into `folder`, named after its violation. Returns its path, or undefined,
 * with a message, if it can't be written.
 */
export function saveReplay(
  folder: string,
  replay: ReplayFile,
  io: Io,
): string | undefined {
  const { source, profile, preset, violation } = replay;
  const origin = "scenario" in source ? source.scenario : "image" in source ? "workload" : "log";
  const digest = createHash("sha256").update(JSON.stringify(replay)).digest("hex").slice(0, 6);
  const shrunk = replay.explanation ? ["shrunk"] : [];
  const name = [...shrunk, origin, profile, preset, violation.kind, digest]
    .join("-").replaceAll(/[^a-z0-9]+/gi, "-");
  const path = `${folder}/${name}.json`;
  try {
    ensureDirSync(folder);
    Deno.writeTextFileSync(path, `${JSON.stringify(replay, undefined, 2)}\n`);
  } catch (error) {
    io.printError(`can't save ${path}: ${(error as Error).message}`);
    return undefined;
  }
  return path;
}
