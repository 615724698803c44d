/** Chromium, for the examples' checks. */
import { chromium } from "playwright-core";

const PROGRAM = { executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] };

/** Runs `check` with a browser, and closes it. */
export async function withBrowser(check) {
  const browser = await chromium.launch(PROGRAM);
  try {
    await check(browser);
  } finally {
    await browser.close();
  }
}
