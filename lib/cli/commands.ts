import { check } from "./check.ts";
import type { Command } from "./command.ts";
import { compare } from "./compare.ts";
import { convert } from "./convert.ts";
import { create } from "./create.ts";
import { info } from "./info.ts";
import { map } from "./map.ts";
import { read } from "./read.ts";
import { write } from "./write.ts";

/** All commands of the tool, in the order in which its help lists them. */
export const COMMANDS: readonly Command[] = [
  create,
  info,
  check,
  map,
  read,
  write,
  convert,
  compare,
];
