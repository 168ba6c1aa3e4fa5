/** What `docs/findings.md` describes, shown again by scripts that need nothing of ours. */
import { assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { qemuTest } from "../../test_support/qemu.ts";
import { qemuVersion } from "./qemu_img.ts";

const FOLDER = new URL("../../testdata/findings/", import.meta.url);
const NAMES = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).sort();

/** Two numbers: what a distribution changes in the third is not about formats, as a rule. */
function seriesOf(version: string): string {
  return version.split(".").slice(0, 2).join(".");
}

for (const name of NAMES) {
  qemuTest(`the installed QEMU shows ${name}`, async () => {
    const script = new URL(`${name}/show.sh`, FOLDER);
    const [, found] = /Found with QEMU (\S+)\./.exec(Deno.readTextFileSync(script))!;
    const command = new Deno.Command("sh", { args: [script.pathname], stdin: "null" });
    const { code, stdout, stderr } = await command.output();
    const installed = await qemuVersion();
    if (seriesOf(installed) !== seriesOf(found)) {
      console.error(`${name}: found in QEMU ${found}; QEMU ${installed} ends with ${code}`);
      return;
    }
    assertEquals(code, 0, new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr));
  });
}

Deno.test("every finding is described", () => {
  const page = Deno.readTextFileSync(new URL("../../docs/findings.md", import.meta.url));
  assertGreater(NAMES.length, 0);
  for (const name of NAMES) assertStringIncludes(page, `\`${name}\``);
});
