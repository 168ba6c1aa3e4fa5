import { bench } from "./commands/bench.ts";
import { check } from "./commands/check.ts";
import type { Command } from "../kit/command.ts";
import { commit } from "./commands/commit.ts";
import { compare } from "./commands/compare.ts";
import { convert } from "./commands/convert.ts";
import { create } from "./commands/create.ts";
import { dd } from "./commands/dd.ts";
import { defragment } from "./commands/defragment.ts";
import { discard } from "./commands/discard.ts";
import { dump } from "./commands/dump.ts";
import { info } from "./commands/info.ts";
import { map } from "./commands/map.ts";
import { measure } from "./commands/measure.ts";
import { read } from "./commands/read.ts";
import { rebase } from "./commands/rebase.ts";
import { resize } from "./commands/resize.ts";
import { snapshot } from "./commands/snapshot.ts";
import { stream } from "./commands/stream.ts";
import { upgrade } from "./commands/upgrade.ts";
import { write } from "./commands/write.ts";

/** The commands of the tool that are loaded with it, in the order in which its help lists them. */
export const COMMANDS: readonly Command[] = [
  create,
  info,
  measure,
  check,
  map,
  dump,
  read,
  write,
  discard,
  resize,
  convert,
  dd,
  compare,
  snapshot,
  commit,
  rebase,
  stream,
  defragment,
  upgrade,
  bench,
];
