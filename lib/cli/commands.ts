import { bench } from "./bench.ts";
import { check } from "./check.ts";
import type { Command } from "./command.ts";
import { commit } from "./commit.ts";
import { compare } from "./compare.ts";
import { convert } from "./convert.ts";
import { create } from "./create.ts";
import { dd } from "./dd.ts";
import { defragment } from "./defragment.ts";
import { discard } from "./discard.ts";
import { dump } from "./dump.ts";
import { info } from "./info.ts";
import { map } from "./map.ts";
import { measure } from "./measure.ts";
import { read } from "./read.ts";
import { rebase } from "./rebase.ts";
import { resize } from "./resize.ts";
import { snapshot } from "./snapshot.ts";
import { stream } from "./stream.ts";
import { upgrade } from "./upgrade.ts";
import { write } from "./write.ts";

/** All commands of the tool, in the order in which its help lists them. */
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
