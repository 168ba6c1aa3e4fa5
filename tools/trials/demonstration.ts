import { probeCommand, probeRange } from "./examine.ts";
import type { Recording } from "./record.ts";
import type { DriverViolation } from "./verdict.ts";

/**
 * Lines of portable shell that show a violation on the image `$image`, with QEMU's tools alone. They end
 * with `shown` or `not_shown`, which the script around them defines, with `io`, `check` and `reads_as`.
 */
export function demonstrationOf(recording: Recording, violation: DriverViolation): string[] {
  const { range, allowed = [], kind } = violation;
  const at = range ? `${range.offsetBytes} ${range.lengthBytes}` : "";
  const probes = recording.plan.probes.map((probe) => `-c "${probeCommand(probe)}"`).join(" ");
  const isProbe = range !== undefined &&
    recording.plan.probes.some((probe) => probeRange(probe).offsetBytes === range.offsetBytes);
  switch (kind) {
    case "cannot-open":
      return ["# It must open, if only after a repair.", "io -c quit && not_shown", "shown"];
    case "tool-crash":
      return [
        "# No tool may die of an image, whatever is in it.",
        `{ io -c quit; check; io ${probes} -c flush; } || { test $? -gt 128 && shown; }`,
        "not_shown",
      ];
    case "needs-repair":
      return [
        "io -c quit && not_shown",
        "check -r all",
        "echo 'Only now does it open:'",
        "io -c quit && shown",
        "not_shown",
      ];
    case "corrupt":
    case "leak":
      return [
        "# Opening for writing repairs what the driver itself knows of; then all must be well.",
        "io -c quit",
        "check && not_shown",
        "shown",
      ];
    case "wrong-data":
    case "flushed-data-lost":
      return [
        `# Each of these would be right: ${
          allowed.map((each) => `0x${each.toString(16)}`).join(", ")
        }.`,
        ...allowed.map((each) => `reads_as ${each} ${at} && not_shown`),
        `io -c "read -v ${range!.offsetBytes} 32"`,
        "shown",
      ];
    case "aliasing":
      return [
        ...(isProbe ? [] : [`reads_as ${allowed[0]} ${at} || not_shown`]),
        "echo 'Now something is written elsewhere, and the same is read in the same session:'",
        `out=$(io ${probes} -c flush -c "read -q -P ${allowed[0]} ${at}" -c "read -v ${
          range!.offsetBytes
        } 32" 2>&1) || true`,
        'echo "$out"',
        `case "$out" in *"Pattern verification failed"*) shown ;; *) not_shown ;; esac`,
      ];
    case "cannot-read": {
      const read = range ? `-c "read -q ${at}"` : "-c quit";
      return [
        "# Every command must work: each complaint is one too many.",
        `out=$(io ${read} 2>&1; io ${probes} -c flush ${read} 2>&1) || true`,
        'echo "$out"',
        `case "$out" in *failed*) shown ;; *) not_shown ;; esac`,
      ];
    }
  }
}
