import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import type { Page } from "playwright-core";
import { reportPage } from "../../../harness/advanced.ts";
import { IS_LONG } from "../../../test_support/long.ts";
import { crash } from "../run_crash_testing.ts";
import { missingQemu } from "../../../test_support/qemu.ts";
import { inTempDir } from "../../../test_support/temp_dir.ts";
import { browserTest, withPage } from "../../../test_support/browser.ts";

/** The page of a scenario that our own driver of the RFC's design fails. */
function pageOf(...args: string[]): Promise<string> {
  return inTempDir(async (dir) => {
    const path = `${dir}/report.html`;
    await crash(...args, "--no-save", "--report", path);
    return Deno.readTextFileSync(path);
  });
}

const verdictOf = (page: Page) => page.locator(".live .verdict").first().innerText();

/** Whether the page is as wide as its window: nothing has to be moved sideways. */
function isNarrow(page: Page): Promise<boolean> {
  return page.evaluate("document.documentElement.scrollWidth <= innerWidth");
}

browserTest("the states of a violation can be played with, by mouse", async (browser) => {
  const html = await pageOf("run", "aliasing", "--profile", "rfc");
  await withPage(browser, html, {}, async (page, complaints) => {
    const live = page.locator(".live").first();
    assertEquals(await verdictOf(page), "A promise is broken:");
    await live.getByLabel(/^event 1: write 4096/).check(); // the data reaches the disk too
    await live.locator("select").selectOption({ index: 1 }); // and the size
    assertEquals(await verdictOf(page), "Every promise is kept.");
    await live.getByRole("button").click();
    assertEquals(await verdictOf(page), "A promise is broken:");
    await live.locator("input[type=range]").fill("-1");
    assertEquals(await verdictOf(page), "Every promise is kept.");
    assertEquals(await live.getByText("No pending writes.").count(), 1);
    assertEquals(complaints, { errors: [], fetched: [] });
  });
});

browserTest("all of it works by keyboard", async (browser) => {
  const html = await pageOf("run", "aliasing", "--profile", "rfc");
  await withPage(browser, html, {}, async (page, { errors }) => {
    await page.keyboard.press("Tab");
    assertEquals(await page.evaluate("document.activeElement.className"), "skip");
    const slider = page.locator(".live input[type=range]").first();
    const before = await slider.inputValue();
    await slider.focus();
    await page.keyboard.press("ArrowLeft");
    assertEquals(Number(await slider.inputValue()), Number(before) - 1);
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Tab"); // to the first write
    assertEquals(await verdictOf(page), "A promise is broken:");
    assert(await page.evaluate("document.activeElement.type === 'checkbox'"));
    await page.keyboard.press("Space");
    assert(await page.evaluate("document.activeElement.checked"));
    assertEquals(errors, []);
  });
});

browserTest("it fits a phone, and is readable in the dark", async (browser) => {
  const html = await pageOf("run", "dirty-bit");
  await withPage(browser, html, { width: 360 }, async (page) => assert(await isNarrow(page)));
  await withPage(browser, html, { colorScheme: "dark" }, async (page) => {
    const ground = await page.evaluate("getComputedStyle(document.body).backgroundColor");
    const [, red] = /rgb\((\d+)/.exec(`${ground}`)!;
    assertLess(Number(red), 60);
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    const stdout = "getComputedStyle(document.documentElement).getPropertyValue('--bad-panel')";
    assertEquals(await page.evaluate(stdout), "#fdeceb"); // paper is white
  });
});

/** Text without a place to break it. */
const LONG_WORD = reportPage({
  ...{ title: "w".repeat(300), summary: "", command: "", facts: [], tables: [], violations: [] },
  notes: ["x".repeat(500)],
});

browserTest("a long word does not make a page wide, and any fragment will do", async (browser) => {
  await withPage(browser, LONG_WORD, { width: 360 }, async (page, { errors }) => {
    assert(await isNarrow(page));
    await page.goto(`${page.url()}#1 > 2`);
    await page.reload();
    assertEquals(errors, []);
  });
});

browserTest("on paper everything is open", async (browser) => {
  const html = await pageOf("run", "aliasing");
  await withPage(browser, html, {}, async (page) => {
    // What one can play with is not stdout.
    const closed = () => page.locator("details:not([open]):not(.sub)").count();
    assertGreater(await closed(), 0);
    await page.evaluate("dispatchEvent(new Event('beforeprint'))");
    assertEquals(await closed(), 0);
    await page.evaluate("dispatchEvent(new Event('afterprint'))");
    assertGreater(await closed(), 0);
    assertGreater((await page.pdf()).length, 10_000);
  });
});

// The trials of two formats come first.
if (IS_LONG) {
  browserTest(
    "QEMU's drivers: what QEMU's tools say and what the page works out itself agree on QED",
    async (browser) => {
      const html = await pageOf("drivers", "--format", "qed,vdi");
      await withPage(browser, html, {}, async (page, complaints) => {
        const article = page.locator("article", { hasText: "corrupt · qed, allocate" });
        const isOpen = await article.locator("details.violation").getAttribute("open") !== null;
        if (!isOpen) await article.locator("summary").first().click();
        assertEquals(await article.locator(".live .verdict").innerText(), "A promise is broken:");
        assertEquals(await article.locator("tr.wrong").count(), 1);
        assertGreater(await page.locator("svg.bars rect").count(), 4);
        assert(await isNarrow(page));
        assertEquals(complaints, { errors: [], fetched: [] });
      });
    },
    missingQemu(),
  );
}

browserTest(
  "injected: a page that is too wide, or fetches something, is found out",
  async (browser) => {
    const wide = LONG_WORD.replace("overflow-wrap: break-word", "");
    await withPage(browser, wide, { width: 360 }, async (page) => {
      assertEquals(await isNarrow(page), false);
    });
    const fetching = `<!doctype html><img src="http://localhost:1/x.png">`;
    await withPage(browser, fetching, {}, async (page, { fetched }) => {
      await page.waitForLoadState("load");
      assertEquals(fetched.length, 1);
    });
  },
);
