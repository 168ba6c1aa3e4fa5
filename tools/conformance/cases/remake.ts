/**
 * Makes the manifests in testdata/conformance again: `deno run -A --frozen
 * tools/conformance/cases/remake.ts`. The images by hand come from the generators in this folder, the
 * others from QEMU 7.2, which must be installed.
 *
 * @module
 */
import { IMAGE_NAME, type ImageCase } from "./case.ts";
import { guestContents } from "./guest_contents.ts";
import { byHand, MANIFESTS, saveManifest } from "../manifest.ts";
import { describeFiles } from "./make_case.ts";
import { mapLines } from "../map_lines.ts";
import { headerFields } from "./plain_header.ts";
import { QEMU_RECIPES, type QemuRecipe } from "./qemu_images.ts";
import { SparseFile } from "../../../lib/storage/sparse_file.ts";

/** The version that the manifests are made with. */
export const QEMU_VERSION = "7.2";

async function output(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(command, { args: [...args], cwd })
    .output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (code === 0) return text(stdout);
  throw new Error(`${command} ${args.join(" ")}: exit ${code}\n${text(stderr)}`);
}

/** Whether the installed QEMU is the one that the manifests are made with. */
export async function hasQemuVersion(): Promise<boolean> {
  const version = await output("qemu-img", ["--version"], ".");
  return version.startsWith(`qemu-img version ${QEMU_VERSION}.`);
}

/** Have QEMU make an image in the empty folder `dir`, and say what is in it. */
async function makeByQemu(recipe: QemuRecipe, dir: string): Promise<ImageCase> {
  for (const command of recipe.commands) await output("sh", ["-c", command], dir);
  const names = Array.from(Deno.readDirSync(dir), ({ name }) => name);
  const files = [IMAGE_NAME, ...names.filter((name) => name !== IMAGE_NAME).sort()];
  const disks = Object.fromEntries(files.map((name) => [name, SparseFile.load(`${dir}/${name}`)]));
  const open = headerFields(disks[IMAGE_NAME]);
  const contents = guestContents(BigInt(open.image_size), recipe.guest);
  const qemu = async (...args: string[]) =>
    JSON.parse(await output("qemu-img", [...args, "-f", "qed", "--output=json", IMAGE_NAME], dir));
  const check = await qemu("check");
  const { write } = recipe;
  return {
    name: recipe.name,
    about: recipe.about,
    made: recipe.commands,
    files: describeFiles(disks),
    expect: {
      open,
      check: {
        corruptions: check.corruptions ?? 0,
        leaks: check.leaks ?? 0,
        total: check["total-clusters"] ?? 0,
        allocated: check["allocated-clusters"] ?? 0,
        fragmented: check["fragmented-clusters"] ?? 0,
      },
      map: mapLines(await qemu("map")),
      contents,
      ...(write && { write: { offset: `${write[0]}`, length: write[1], byte: write[2] } }),
      ...(recipe.repairs && { repair: { contents } }),
    },
  };
}

/** All images that QEMU makes. */
export async function madeByQemu(): Promise<ImageCase[]> {
  const cases: ImageCase[] = [];
  for (const recipe of QEMU_RECIPES) {
    const dir = Deno.makeTempDirSync({ prefix: "powercut_remake_" });
    try {
      cases.push(await makeByQemu(recipe, dir));
    } finally {
      Deno.removeSync(dir, { recursive: true });
    }
  }
  return cases;
}

if (import.meta.main) {
  if (!await hasQemuVersion()) {
    console.error(`remake: the installed QEMU is not version ${QEMU_VERSION}`);
    Deno.exit(1);
  }
  saveManifest(MANIFESTS.byQemu, await madeByQemu());
  for (const [name, cases] of Object.entries(byHand())) saveManifest(name, cases);
}
