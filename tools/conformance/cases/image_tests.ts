/**
 * The tests of an image: each runs one command and looks at what came of it.
 *
 * @module
 */
import type { CommandName } from "../adapter.ts";
import type { CheckCounts, ErrorDetails, Expectation, HeaderFields, ImageCase } from "./case.ts";
import { IMAGE_NAME } from "./case.ts";
import { describeDifference, RawFile } from "../compare_contents.ts";
import { jsonAt, parseOutput } from "../json_output.ts";
import { describeHeader, headerAfterClosing, verifyImage } from "../verify_image.ts";
import { type MapEntry, mapLines } from "../map_lines.ts";
import { expandContents } from "../parts.ts";
import type { SparseFile } from "../../../lib/storage/sparse_file.ts";
import type { ConformanceTest, TestCase } from "./test_case.ts";
import { type Finding, PASS, type TestWorkspace } from "../test_workspace.ts";

/** An image with its tests. */
export function imageTestCase(one: ImageCase): TestCase {
  const { name, about, needs, files } = one;
  return { name, about, ...(needs && { needs }), files, tests: imageTests(one) };
}

function imageTests(one: ImageCase): ConformanceTest[] {
  const { expect } = one;
  const test = (
    command: CommandName,
    expected: string,
    run: ConformanceTest["run"],
  ): ConformanceTest => ({
    name: `${one.name}: ${command}`,
    commands: [command],
    expected,
    writes: command === "write" || command === "repair",
    run,
  });
  const { open, check, map, contents, read, write, repair } = expect;
  return [
    open === "refuse"
      ? test("open", "refused", (place) => mustRefuse(place, "open", expect.error))
      : test("open", "opens", (place) => opens(place, open)),
    ...(check ? [test("check", describeCounts(check), (place) => checks(place, check))] : []),
    ...(map ? [test("map", `${map.length} ranges`, (place) => maps(place, map))] : []),
    ...(contents === "refuse"
      ? [test("contents", "refused", (place) => mustRefuse(place, "contents", expect.error))]
      : contents
      ? [test("contents", `sha256 ${contents.sha256}`, async (place) => {
        const failure = await place.succeed("contents");
        if (failure) return failure;
        return place.verifyOutput((path) => {
          using file = new RawFile(path);
          return describeDifference(file, contents);
        });
      })]
      : []),
    ...(read ? [test("read", `${read.length} ranges`, (place) => reads(place, read))] : []),
    ...(write ? [test("write", "only that has changed", (place) => writes(place, expect))] : []),
    ...(repair ? [test("repair", "nothing is wrong", (place) => repairs(place, expect))] : []),
  ];
}

async function mustRefuse(
  place: TestWorkspace,
  command: "open" | "contents",
  error: ErrorDetails | undefined,
): Promise<Finding> {
  const outcome = await place.run(command);
  if (outcome.kind !== "exited") return place.ended(outcome);
  if (outcome.code === 0) return place.fail(command === "open" ? "opens" : "is read", outcome);
  const words = place.template(command).refusal;
  if (words === undefined || error === undefined) return PASS;
  const wanted = words.replace("{field}", error.field).replace("{offset}", `${error.offset}`)
    .replace("{value}", /^[0-9-]+$/.test(error.value) ? error.value : JSON.stringify(error.value));
  // A name's bytes are shown as a string of digits, and so in quotes.
  const quoted = wanted.replace(error.value, JSON.stringify(error.value));
  return outcome.stderr.includes(wanted) || outcome.stderr.includes(quoted)
    ? PASS
    : place.fail(`refused, but not with "${wanted}"`, outcome);
}

async function opens(place: TestWorkspace, header: HeaderFields): Promise<Finding> {
  const outcome = await place.run("open");
  if (outcome.kind !== "exited") return place.ended(outcome);
  if (outcome.code !== 0) return place.fail("refused", outcome);
  const { keys } = place.template("open");
  if (Object.keys(keys).length === 0) return PASS;
  const json = parseOutput(outcome.stdout);
  if (json === undefined) return place.fail("prints no JSON", outcome);
  const isDirty = (BigInt(header.features) & 2n) !== 0n && header.layout === "final";
  const expected: Record<string, unknown> = {
    image_size: header.image_size,
    cluster_size: header.cluster_size,
    table_size: header.table_size,
    backing_file: header.backing_file,
    backing_format: header.backing_is_raw ? "raw" : undefined,
    dirty: isDirty,
  };
  const asked = Object.keys(keys);
  const wrong = describeHeader(
    Object.fromEntries(asked.map((field) => [field, jsonAt(json, keys[field])])),
    Object.fromEntries(asked.map((field) => [field, expected[field]])),
  );
  return wrong === undefined ? PASS : place.fail(wrong, outcome);
}

function describeCounts(check: CheckCounts): string {
  const { corruptions, leaks } = check;
  if (corruptions === 0 && leaks === 0) return "clean";
  return [corruptions > 0 ? `${corruptions} corruptions` : "", leaks > 0 ? `${leaks} leaks` : ""]
    .filter((part) => part !== "").join(", ");
}

async function checks(place: TestWorkspace, check: CheckCounts): Promise<Finding> {
  const outcome = await place.run("check");
  if (outcome.kind !== "exited") return place.ended(outcome);
  const { keys, exit } = place.template("check");
  const verdict = check.corruptions > 0 ? "corruptions" : check.leaks > 0 ? "leaks" : "clean";
  const wrong: string[] = [];
  if (Object.keys(exit).length > 0) {
    const said = exit[outcome.code] ?? `exit code ${outcome.code}`;
    if (said !== verdict) wrong.push(`${said} instead of ${verdict}`);
  }
  if (Object.keys(keys).length > 0) {
    const json = parseOutput(outcome.stdout);
    if (json === undefined) return place.fail([...wrong, "prints no JSON"].join(", "), outcome);
    for (const [name, key] of Object.entries(keys)) {
      // Counts that are zero may be left out, as QEMU does.
      const found = jsonAt(json, key) ?? 0;
      const wanted = check[name as keyof CheckCounts];
      if (found !== wanted) wrong.push(`${name} ${JSON.stringify(found)} instead of ${wanted}`);
    }
  }
  return wrong.length === 0 ? PASS : place.fail(wrong.join(", "), outcome);
}

async function maps(place: TestWorkspace, expected: readonly string[]): Promise<Finding> {
  const outcome = await place.run("map");
  if (outcome.kind !== "exited") return place.ended(outcome);
  if (outcome.code !== 0) return place.fail("refused", outcome);
  const json = parseOutput(outcome.stdout);
  if (!Array.isArray(json) || json.some((each) => typeof each !== "object" || each === null)) {
    return place.fail("prints no array of JSON objects", outcome);
  }
  const lines = mapLines(json as MapEntry[]);
  for (let i = 0; i < Math.max(lines.length, expected.length); i++) {
    if (lines[i] === expected[i]) continue;
    const found = `range ${i} is ${lines[i] ?? "missing"} instead of ${expected[i] ?? "missing"}`;
    return place.fail(found, outcome);
  }
  return PASS;
}

async function reads(
  place: TestWorkspace,
  ranges: NonNullable<Expectation["read"]>,
): Promise<Finding> {
  // A command that gets the byte compares it itself, and reports a difference by its exit code.
  const verifies = place.template("read").run.join(" ").includes("{byte}");
  for (const { offset, length, byte } of ranges) {
    const values = { offset, length: `${length}`, byte: `${byte}` };
    const outcome = await place.run("read", values);
    if (outcome.kind !== "exited") return place.ended(outcome);
    if (outcome.code !== 0) return place.fail(`fails at ${offset}`, outcome);
    if (verifies) continue;
    const bytes = place.outputOr(outcome.stdout);
    if (bytes.length !== length) return place.fail(`${bytes.length} bytes at ${offset}`, outcome);
    const wrong = bytes.findIndex((each) => each !== byte);
    if (wrong >= 0) {
      return place.fail(`byte ${BigInt(offset) + BigInt(wrong)} is ${bytes[wrong]}`, outcome);
    }
  }
  return PASS;
}

/** What the guest reads after a write, as if nothing else had happened. */
function afterWrite({ contents, repair, write }: Expectation): SparseFile {
  const before = repair?.contents ?? contents;
  if (before === undefined || before === "refuse" || !write) throw new Error("no contents");
  const disk = expandContents(before);
  disk.write(Number(write.offset), new Uint8Array(write.length).fill(write.byte));
  return disk;
}

async function writes(place: TestWorkspace, expect: Expectation): Promise<Finding> {
  const { open, write, repair } = expect;
  if (!write || open === "refuse") throw new Error("nothing to write");
  const failure = await place.succeed("write", {
    offset: write.offset,
    length: `${write.length}`,
    byte: `${write.byte}`,
  });
  if (failure) return failure;
  return place.verify((folder) =>
    verifyImage(`${folder}/${IMAGE_NAME}`, {
      header: headerAfterClosing(open),
      contents: afterWrite(expect),
      // A write need not give back what the repair before it has cleared.
      mayLeak: true,
      ...(repair?.undecided && { undecided: repair.undecided }),
    })
  );
}

async function repairs(
  place: TestWorkspace,
  { open, check, repair }: Expectation,
): Promise<Finding> {
  if (!repair || open === "refuse") throw new Error("nothing to repair");
  const outcome = await place.run("repair");
  // The exit code may stand for the damage found or the damage left: the image decides.
  if (outcome.kind !== "exited") return place.ended(outcome);
  return place.verify((folder) =>
    verifyImage(`${folder}/${IMAGE_NAME}`, {
      header: headerAfterClosing(open),
      contents: repair.contents,
      // Clearing what is wrong may leave clusters that nothing refers to.
      mayLeak: (check?.leaks ?? 0) === 0,
      ...(repair.undecided && { undecided: repair.undecided }),
    })
  );
}
