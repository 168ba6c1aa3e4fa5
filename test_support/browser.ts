import { type Browser, chromium, type Page } from "playwright-core";
import { optionalTest } from "./optional.ts";

/** The path of Debian's package. */
const CHROMIUM = "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Start the browser. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}

function missingBrowser(): string | undefined {
  try {
    Deno.statSync(CHROMIUM);
    return undefined;
  } catch {
    return `${CHROMIUM} is not there (Debian: apt-get install chromium)`;
  }
}

/** Options of a page. */
export interface PageOptions {
  readonly width?: number;
  readonly colorScheme?: "light" | "dark";
}

/** The errors of a page, and the URLs that it tried to fetch. */
export interface Complaints {
  readonly errors: string[];
  readonly fetched: string[];
}

/** Open a page of HTML in the browser and call `look` with it and its errors. */
export async function withPage(
  browser: Browser,
  html: string,
  { width = 1100, colorScheme = "light" }: PageOptions,
  look: (page: Page, complaints: Complaints) => Promise<void>,
): Promise<void> {
  const path = Deno.makeTempFileSync({ suffix: ".html" });
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
  const complaints: Complaints = { errors: [], fetched: [] };
  try {
    Deno.writeTextFileSync(path, html);
    const page = await context.newPage();
    page.on("console", (message) => {
      if (message.type() === "error") complaints.errors.push(message.text());
    });
    page.on("pageerror", (error) => complaints.errors.push(`${error}`));
    page.on("request", (request) => {
      if (!/^(file|data):/.test(request.url())) complaints.fetched.push(request.url());
    });
    await page.goto(`file://${path}`);
    await look(page, complaints);
  } finally {
    await context.close();
    Deno.removeSync(path);
  }
}

/** Declare a test that needs a browser, or whatever `missing` names. */
export function browserTest(
  name: string,
  body: (browser: Browser) => Promise<void>,
  missing?: string,
): void {
  optionalTest({
    name,
    missing: missing ?? missingBrowser(),
    async body() {
      const browser = await startBrowser();
      try {
        await body(browser);
      } finally {
        await browser.close();
      }
    },
  });
}
