/** The manifests are what their makers make, and this library agrees with them. */
import { assertEquals, assertThrows } from "@std/assert";
import { optionalTest } from "../../test_support/optional.ts";
import { missingQemu } from "../../test_support/qemu.ts";
import { readOnly } from "../../test_support/read_only.ts";
import {
  checkImage,
  FormatError,
  type HeaderLayout,
  openImage,
  type QedImage,
  readImage,
  runSync,
  type SyncStorage,
} from "../../lib/mod.ts";
import { type GuestContents, IMAGE_NAME, type ImageCase } from "./cases/case.ts";
import { hashOf } from "./cases/guest_contents.ts";
import { fieldsOf } from "./verify_image.ts";
import { byHand, loadImages, loadText, MANIFESTS, manifestText } from "./manifest.ts";
import { describeContents, expandContents } from "./parts.ts";
import { hasQemuVersion, madeByQemu, QEMU_VERSION } from "./cases/remake.ts";
import { SparseFile } from "../../lib/storage/sparse_file.ts";

const IMAGES = loadImages();
const REMAKE = "deno run -A --frozen tools/conformance/cases/remake.ts makes it again";

for (const [name, cases] of Object.entries(byHand())) {
  Deno.test(`${name} is what its generators make`, () => {
    assertEquals(loadText(name) === manifestText(cases), true, REMAKE);
  });
}

async function missingVersion(): Promise<string | undefined> {
  const missing = missingQemu();
  if (missing !== undefined || await hasQemuVersion()) return missing;
  return `the installed QEMU is not version ${QEMU_VERSION}`;
}

optionalTest({
  name: `${MANIFESTS.byQemu} is what QEMU makes`,
  missing: await missingVersion(),
  body: async () => {
    assertEquals(JSON.parse(loadText(MANIFESTS.byQemu)), await madeByQemu(), REMAKE);
  },
});

Deno.test("names are unique, and every image is there", () => {
  assertEquals(new Set(IMAGES.map(({ name }) => name)).size, IMAGES.length);
  assertEquals(IMAGES.filter(({ files }) => Object.keys(files)[0] !== IMAGE_NAME), []);
});

Deno.test("hashes are those of the contents", () => {
  const all = IMAGES.flatMap(({ expect }) => [expect.contents, expect.repair?.contents])
    .filter((each): each is GuestContents => each !== undefined && each !== "refuse");
  assertEquals(all.length > 60, true);
  for (const { sha256, ...contents } of all) {
    assertEquals(describeContents(expandContents(contents)), contents);
    assertEquals(hashOf(contents), sha256);
  }
});

function open(one: ImageCase): [QedImage, SyncStorage] {
  const file = readOnly(expandContents(one.files[IMAGE_NAME]));
  const layout: { layout?: HeaderLayout } = one.needs ? { layout: "rfc" } : {};
  return [runSync(openImage(layout), [file]), file];
}

const opening = IMAGES.filter(({ expect }) => expect.open !== "refuse");

Deno.test("the library refuses what must be refused, with the expected error", () => {
  const refused = IMAGES.filter(({ expect }) => expect.open === "refuse");
  assertEquals(refused.length > 60, true);
  for (const one of refused) {
    const error = assertThrows(() => open(one), FormatError);
    if (one.expect.error) assertEquals(detailsOf(error), one.expect.error, one.name);
  }
});

function detailsOf({ field, offsetBytes, value }: FormatError) {
  return { field, offset: offsetBytes, value: `${value}` };
}

Deno.test("the library reads the headers of the manifests", () => {
  assertEquals(opening.length > 100, true);
  for (const one of opening) assertEquals(fieldsOf(open(one)[0]), one.expect.open, one.name);
});

Deno.test("the library counts what the manifests count", () => {
  for (const one of opening.filter(({ expect }) => expect.check)) {
    const [image, file] = open(one);
    const found = runSync(checkImage(image), [file]);
    assertEquals(
      {
        corruptions: found.corruptions,
        leaks: found.leaks,
        total: found.totalClusters,
        allocated: found.allocatedClusters,
        fragmented: found.fragmentedClusters,
      },
      one.expect.check,
      one.name,
    );
    assertEquals(found.checkErrors, 0);
  }
});

/** What the guest reads of a disk without backing file, up to 64 MiB of it. */
function guestDisk(one: ImageCase): SparseFile {
  const [image, file] = open(one);
  const disk = new SparseFile(Number(image.imageBytes));
  const block = new Uint8Array(2 ** 16);
  for (let at = 0; at < disk.sizeBytes; at += block.length) {
    const bytes = block.subarray(0, Math.min(block.length, disk.sizeBytes - at));
    runSync(readImage(image, at, bytes), [file]);
    if (bytes.some((byte) => byte !== 0)) disk.write(at, bytes);
  }
  return disk;
}

const readable = opening.filter(({ files, expect }) =>
  Object.keys(files).length === 1 && expect.open !== "refuse" &&
  expect.open.backing_file === undefined && BigInt(expect.open.image_size) <= 2n ** 26n
);

Deno.test("the library reads the contents of the manifests", () => {
  const whole = readable.filter(({ expect }) => typeof expect.contents === "object");
  assertEquals(whole.length > 25, true);
  for (const one of whole) {
    const { sha256: _, ...contents } = one.expect.contents as GuestContents;
    assertEquals(describeContents(guestDisk(one)), contents, one.name);
  }
});

Deno.test("the library refuses to follow a wrong entry, with the expected error", () => {
  const broken = readable.filter(({ expect }) => expect.contents === "refuse");
  assertEquals(broken.length > 30, true);
  for (const one of broken) {
    const error = assertThrows(() => guestDisk(one), FormatError);
    assertEquals(detailsOf(error), one.expect.error, one.name);
  }
});
