import { HostError, ImageChain, runInTurns } from "../../../lib/chain/mod.ts";
import {
  checkImage,
  type CheckResult,
  type ProgressListener,
  repairImage,
} from "../../../lib/qed/mod.ts";
import { checkJson, describeCheck, describeProblems, describeRepair } from "../check_report.ts";
import { type Command, defineCommand } from "../../kit/command.ts";
import {
  FORCE_SHARE,
  FORMAT,
  LAYOUT,
  openingOptions,
  OUTPUT,
  PROGRESS,
  QUIET,
} from "../common_options.ts";
import { InPlace } from "../in_place.ts";
import type { Io } from "../../kit/io.ts";
import { formatJson } from "../../kit/json.ts";
import type { ParsedArgs } from "../../kit/parsed_args.ts";
import { Progress } from "../../kit/progress.ts";
import { UsageError } from "../../kit/usage_error.ts";

/** The code that `qemu-img check` ends with for a format that has nothing to check. */
const NOTHING_TO_CHECK = 63;

/** `qed check`: look for damage, and repair it. */
export const check: Command = defineCommand({
  name: "check",
  summary: "check an image for damage, and repair it",
  operands: [{ name: "IMAGE" }],
  options: [
    FORMAT,
    {
      short: "r",
      long: "repair",
      value: "WHAT",
      choices: ["leaks", "all"],
      help: "repair: leaks gives unused clusters back, all also clears wrong references",
    },
    OUTPUT,
    QUIET,
    PROGRESS,
    LAYOUT,
    FORCE_SHARE,
  ],
  notes:
    "Nothing is written without -r. A cluster that nothing refers to is a leak: wasted space,\n" +
    "no harm to data. What is wrong with references is a corruption: -r all clears those that\n" +
    "point nowhere, and all but one where several point at the same cluster; what they mapped\n" +
    "then reads as if it had never been written. Leaks are given back only if no corruption is\n" +
    "left. The mark that an image was not closed goes when it is clean.",
  exitCodes: [
    [0, "the image is clean, or is now"],
    [1, "the image could not be checked"],
    [2, "there are corruptions, or wrong usage"],
    [3, "there are leaks, but no corruptions"],
    [NOTHING_TO_CHECK, "the image is raw, so there is nothing to check"],
  ],
  examples: [
    ["disk.qed", "look only"],
    ["-r all disk.qed", "repair what can be repaired"],
    ["--output=json disk.qed", "for programs"],
  ],
  async run(args, io) {
    const path = args.operand("IMAGE");
    const repair = args.value("repair");
    if (repair !== undefined && args.has("force-share")) {
      throw new UsageError("-U cannot be combined with -r");
    }
    const options = openingOptions(args);
    const isJson = args.value("output") === "json";
    const isQuiet = args.has("quiet");
    let result: CheckResult;
    {
      using chain = ImageChain.open(path, {
        ...options,
        writable: repair !== undefined,
        skipRepair: true,
      });
      if (!chain.top.image) {
        io.printError("qed check: This image format does not support checks");
        return NOTHING_TO_CHECK;
      }
      using progress = new Progress(io, { isWanted: args.has("progress"), isQuiet });
      result = await runCheck(chain, { args, io }, (done, total) => progress.update(done, total));
    }
    const { corruptionsFixed, leaksFixed } = result;
    if (corruptionsFixed + leaksFixed > 0) {
      if (!isJson && !isQuiet) io.print(describeRepair(result));
      using chain = ImageChain.open(path, options);
      result = { ...chain.run(checkImage(chain.image)), corruptionsFixed, leaksFixed };
    }
    if (isJson) io.print(`${formatJson(checkJson(path, result))}\n`);
    else if (!isQuiet) io.print(describeCheck(result));
    if (!isJson && !isQuiet) printProblems(result, io);
    if (result.checkErrors > 0) throw new HostError("Check failed");
    return result.corruptions > 0 ? 2 : result.leaks > 0 ? 3 : 0;
  },
});

function printProblems(result: CheckResult, io: Io): void {
  const text = describeProblems(result).trimEnd();
  if (text !== "") io.printError(text);
}

async function runCheck(
  chain: ImageChain,
  { args, io }: { readonly args: ParsedArgs; readonly io: Io },
  progress: ProgressListener,
): Promise<CheckResult> {
  const repair = args.value("repair");
  if (repair === undefined) {
    const { storage } = chain.top;
    const readAhead = storage.willRead.bind(storage);
    return chain.run(checkImage(chain.image, progress, readAhead));
  }
  const operation = repairImage(chain.image, {
    corruptions: repair === "all",
    leaks: true,
    progress,
  });
  using change = new InPlace(io, { command: "check", chain, advice: "" });
  return await runInTurns(operation, chain.files, change.turn);
}
