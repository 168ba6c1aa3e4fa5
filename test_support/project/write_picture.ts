/** Writes docs/report.png: the first finding of a real run's report, as Chromium shows it. */
import { startBrowser, withPage } from "../browser.ts";

const ROOT = new URL("../../", import.meta.url);
const PICTURE = new URL("docs/report.png", ROOT);
const WIDTH = 860;

/** Run a scenario and return the HTML report that it wrote. */
function reportOf(scenario: string): string {
  const path = Deno.makeTempFileSync({ suffix: ".html" });
  try {
    const args = ["task", "--quiet", "crash", "run", scenario, "--no-save", "--report", path];
    const { code, stderr } = new Deno.Command(Deno.execPath(), { args, cwd: ROOT }).outputSync();
    if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
    return Deno.readTextFileSync(path);
  } finally {
    Deno.removeSync(path);
  }
}

if (import.meta.main) {
  const browser = await startBrowser();
  try {
    await withPage(browser, reportOf("aliasing"), { width: WIDTH }, async (page) => {
      const finding = page.locator("details").first();
      const { x, y, width } = (await finding.boundingBox())!;
      const tables = await page.getByText("Header and tables").first().boundingBox();
      const height = tables!.y - y + 130;
      await page.setViewportSize({ width: WIDTH, height: Math.ceil(y + height) });
      Deno.writeFileSync(PICTURE, await page.screenshot({ clip: { x, y, width, height } }));
    });
  } finally {
    await browser.close();
  }
  console.log(`wrote ${PICTURE.pathname}`);
}
