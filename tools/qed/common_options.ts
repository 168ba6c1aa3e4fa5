import { IMAGE_FORMATS, type ImageChain, type ImageFormat } from "../../lib/chain/mod.ts";
import {
  type HeaderLayout,
  ImageError,
  type OrderingProfile,
  PROFILES,
} from "../../lib/qed/mod.ts";
import type { Option } from "../kit/command.ts";
import type { ParsedArgs } from "../kit/parsed_args.ts";

const LAYOUTS: readonly HeaderLayout[] = ["final", "rfc"];

/** `-f`: the format of the image. */
export const FORMAT: Option<"format"> = {
  short: "f",
  long: "format",
  value: "FMT",
  choices: IMAGE_FORMATS,
  help: "format of the image, qed or raw; found out if not given",
};

/** `--output`: for people or for programs. */
export const OUTPUT: Option<"output"> = {
  long: "output",
  value: "OFMT",
  choices: ["human", "json"],
  help: "how to print: human (the default) or json",
};

/** `-q`: only errors. */
export const QUIET: Option<"quiet"> = {
  short: "q",
  long: "quiet",
  help: "print nothing but errors",
};

/** `-p`: progress also where standard error is no terminal. */
export const PROGRESS: Option<"progress"> = {
  short: "p",
  long: "progress",
  help: "show progress on standard error even if it is no terminal",
};

/** `-U`: does without locks, as with `qemu-img`. */
export const FORCE_SHARE: Option<"force-share"> = {
  short: "U",
  long: "force-share",
  help: "read it even if another process is writing it; what is read may not fit together",
};

/** `--layout`: under which rules the header is read. */
export const LAYOUT: Option<"layout"> = {
  long: "layout",
  value: "LAYOUT",
  choices: LAYOUTS,
  help: "read the header as final (QEMU's) or rfc (2010) only; found out if not given",
};

/** `-o`: what a new image is like. */
export const CREATION_OPTIONS: Option<"options"> = {
  short: "o",
  long: "options",
  value: "KEY=VALUE,...",
  isRepeatable: true,
  help: "options of the new image; '-o help' lists them",
};

/** `--layout` of a new image. */
export const NEW_LAYOUT: Option<"layout"> = {
  long: "layout",
  value: "LAYOUT",
  choices: LAYOUTS,
  help: "header layout of the new image: final (QEMU's, the default) or rfc (2010)",
};

/** `--profile`: in which order writes reach the disk. */
export const PROFILE: Option<"profile"> = {
  long: "profile",
  value: "PROFILE",
  choices: Object.keys(PROFILES),
  help: "order in which writes reach the disk: strict (the default), qemu or rfc",
};

/** The value of `-U`, under the name that opening takes. */
export function shareOption(args: ParsedArgs): { ignoresLocks?: boolean } {
  return args.has("force-share") ? { ignoresLocks: true } : {};
}

/** The image format that an option names, under the key that opening takes it by. */
export function formatOption(args: ParsedArgs, long = "format"): { format?: ImageFormat } {
  const format = args.choice(long, IMAGE_FORMATS);
  return format ? { format } : {};
}

/** The header layout that an option names, under the key that opening and creating take it by. */
export function layoutOption(args: ParsedArgs, long = "layout"): { layout?: HeaderLayout } {
  const layout = args.choice(long, LAYOUTS);
  return layout ? { layout } : {};
}

/** All that `-f`, `-U` and `--layout` say of an image that is opened to be read. */
export function openingOptions(
  args: ParsedArgs,
): { format?: ImageFormat; ignoresLocks?: boolean; layout?: HeaderLayout } {
  return { ...formatOption(args), ...shareOption(args), ...layoutOption(args) };
}

/** The ordering profile that `--profile` names, under the key that opening takes it by. */
export function profileOption(args: ParsedArgs): { profile?: OrderingProfile } {
  const name = args.value("profile");
  return name === undefined ? {} : { profile: PROFILES[name] };
}

/**
 * Throws {@linkcode ImageError} for a raw image that no option calls raw: its guest may have written bytes that
 * make it look like another format the next time.
 */
export function refuseUnnamedRaw(chain: ImageChain, args: ParsedArgs): void {
  if (chain.top.format !== "raw" || args.value("format") !== undefined) return;
  throw new ImageError("The image looks raw; to write it say so with -f raw");
}
