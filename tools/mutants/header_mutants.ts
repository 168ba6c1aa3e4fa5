/** Defects of the driver's source: what becomes of the header's feature bits. */
import type { SourceMutant } from "./mutant.ts";

/** All of these. */
export const HEADER_MUTANTS: readonly SourceMutant[] = [
  {
    name: "the bit for a backing file stays when there is none any more",
    area: "header",
    file: "lib/qed/reshape/change_backing.ts",
    find: "~(FEATURE.BACKING_FILE | FEATURE.BACKING_FORMAT_NO_PROBE)",
    replace: "~FEATURE.BACKING_FORMAT_NO_PROBE",
    why: "The header refers to a name that is not there.",
    trials: ["no backing file any more"],
  },
  {
    name: "the bit for a raw backing file stays when there is none any more",
    area: "header",
    file: "lib/qed/reshape/change_backing.ts",
    find: "~(FEATURE.BACKING_FILE | FEATURE.BACKING_FORMAT_NO_PROBE)",
    replace: "~FEATURE.BACKING_FILE",
    why: "A backing file that is given later, of whatever format, is taken to be raw.",
    trials: ["no backing file any more"],
  },
  {
    name: "a new raw backing file is not marked as raw",
    area: "header",
    file: "lib/qed/reshape/change_backing.ts",
    find: "backing.isRaw ? FEATURE.BACKING_FORMAT_NO_PROBE : 0n",
    replace: "backing.isRaw ? 0n : 0n",
    why: "It is probed: what the guest has written there decides what it is read as.",
    trials: ["backing file renamed"],
  },
  {
    name: "the compatible bit for a format is not set in the rfc layout",
    area: "header",
    file: "lib/qed/reshape/change_backing.ts",
    find: "formatBytes > 0 ? compatFeatures | RFC_COMPAT_BACKING_FORMAT : compatFeatures",
    replace: "compatFeatures",
    why: "The format that is named is not looked at, and the backing file is probed.",
    trials: ["short and long names in the rfc layout"],
  },
  {
    name: "an upgrade forgets that the backing file is raw",
    area: "header",
    file: "lib/qed/reshape/upgrade_layout.ts",
    find: "image.backingIsRaw ? FEATURE.BACKING_FORMAT_NO_PROBE : 0n",
    replace: "image.backingIsRaw ? 0n : 0n",
    why: "It is probed from then on.",
    trials: ["with one"],
  },
  {
    name: "with NEED_CHECK all feature bits are cleared",
    area: "header",
    file: "lib/qed/image/close.ts",
    find: "features: image.header.features & ~FEATURE.NEED_CHECK",
    replace: "features: 0n",
    why: "The backing file is gone.",
    trials: ["dirty image over a backing file"],
  },
  {
    name: "with unknown autoclear bits NEED_CHECK is cleared",
    area: "header",
    file: "lib/qed/open.ts",
    find: "yield* image.updateHeader({ autoclearFeatures: 0n });",
    replace:
      "yield* image.updateHeader({\n      autoclearFeatures: 0n,\n      features: image.header.features & ~FEATURE.NEED_CHECK,\n    });",
    why: "What a crash has left is used as if it were sound.",
    trials: ["dirty image with unknown bits"],
  },
  {
    name: "unknown autoclear bits stay",
    area: "header",
    file: "lib/qed/open.ts",
    find: "yield* image.updateHeader({ autoclearFeatures: 0n });",
    replace: "",
    why: "Whoever knows the bits believes what the driver has made untrue.",
    trials: ["dirty image with unknown bits"],
  },
];
