import { PRESETS } from "../../harness/advanced.ts";
import { PROFILES } from "../../lib/mod.ts";
import { SCENARIOS } from "../../scenarios/catalog.ts";

/** The text of `--help`. */
export function helpText(): string {
  const scenarios = SCENARIOS.map((each) => `  ${each.name.padEnd(18)}${each.statement}`);
  const presets = Object.values(PRESETS).map((each) => `  ${each.name.padEnd(18)}${each.summary}`);
  return `Crash a storage format at every point and judge what recovery makes of it.

usage: deno task crash [COMMAND] [OPTIONS]

commands:
  (none)                       run all scenarios
  run NAME...                  run these scenarios
  list                         list the scenarios
  replay FILE                  build the state of a replay file and judge it
  shrink FILE                  make the case of a replay file as small as it gets, and explain it
  sweep                        make up workloads, run each and explore it: every sequence of a
                               small alphabet, or random ones (docs/workloads.md)
  log LOG --base IMAGE         explore a log recorded by blklogwrites, dm-log-writes, or
                               deno task qed nbd --record (docs/nbd.md)
  drivers                      put QEMU's own formats on trial, judged by QEMU's own tools: a
                               scorecard, and a script for each finding (docs/drivers.md)
  merge FILE...                put shares of a run or log together (docs/campaigns.md)

options:
  --preset P                   run, log, sweep, drivers: use this fault preset (log, sweep:
                               sectors; drivers: writes);
                               sweep: or several with commas, or survivable
  --profile P                  run: only the cases of this ordering profile
                               (${Object.keys(PROFILES).join(", ")})
                               sweep: the profile of the driver (strict)
  --target T                   sweep: the format, qed or kv, the store of
                               docs/test-your-own-format.md (qed)
  --length N                   sweep: the longest sequences (3), or random workloads (8)
  --random K                   sweep: K random workloads instead of all sequences
  --seed S                     sweep: of which random workloads (1)
  --swarm                      sweep: each random workload does without some kinds of steps
  --backing, --long-backing    sweep: over a raw backing file, over one longer than the disk
  --layout L                   sweep: the header layout, final or rfc (final)
  --steps JSON                 sweep: only this workload
  --depth N                    crashes in a row, also of recoveries (run, log: 2; sweep: 1)
  --most K, --seconds N        sweep: stop after so many workloads, or so much time
  --all                        sweep: go on after a finding, to one of each kind
  --engine E                   run, log: lazy (every state, without visiting each), brute (each
                               one built and judged byte by byte; small spaces only), sampled or
                               deepening (for spaces that are too large)
  --samples K, --seed S        run, log: how many states are sampled (10000), and which (1)
  --workers N                  run, log, drivers: how many workers (as many as cores); the result is the same
  --budget B                   run, log: stop after so many recoveries (10000) or so long (30s, 5m)
  --shard I/N --out FILE       run, log: explore only the Ith of N shares, and write it to a file
  --resume FILE                run, log: go on with what --out FILE has kept
  --format F                   log: the format of the image (qed); drivers: these formats
                               (all); --format qcow2 vdi or --format qcow2,vdi
  --save DIR                   run, log, sweep, shrink, merge, drivers: where replay files and
                               findings go (crash-findings)
  --no-save                    the same: write none
  --report FILE.html           write a page to look at as well
  --json                       print JSON, with the replay files in it instead of saving them
  --help                       print this

presets:
${presets.join("\n")}

scenarios:
${scenarios.join("\n")}

exit codes:
  0  everything as expected, or clean
  1  a violation, or an expected one was not found; replay, shrink: the violation shows
  2  the command line, or a file that it names, is wrong
  3  a defect of this program
  4  a defect of what is tested: its code throws, never ends, or is not deterministic

examples:
  deno task crash run aliasing --profile rfc
  deno task crash run dirty-bit --preset blocks --json
  deno task crash run dirty-bit --shard 2/5 --out two.json
  deno task crash sweep --profile qemu --backing
  deno task crash sweep --random 1000 --seed 7 --swarm --preset survivable
  deno task crash log session.log --base before.qed --json
  deno task crash drivers --format qcow2 vdi --report scorecard.html`;
}
