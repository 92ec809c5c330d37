import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type BrowserContext, type BrowserContextOptions, type Page } from "playwright-core";
import { test as base } from "vitest";
import { busyNow, busyStatus } from "../../../src/gateway/status/testing/busy-status.js";
import { fakeGateway, type FakeGateway } from "../../../src/gateway/status/testing/fake-gateway.js";
import { findProgram } from "./programs.js";

/** The path of a Chromium; undefined where there is none, and tests that want one are skipped. */
export const browserProgram = ["chromium", "chromium-browser", "google-chrome"]
  .map(findProgram)
  .find((path) => path !== undefined);
if (browserProgram === undefined)
  console.log("status page in a browser: SKIPPED, since Chromium (Debian: chromium) is not installed");

export { expect } from "vitest";

export const test = base.extend<{ program: string; browser: Browser; fake: FakeGateway }>({
  program: async ({ skip }, use) => {
    await use(browserProgram ?? skip("Chromium is not installed"));
  },
  browser: async ({ program }, use) => {
    await using browser = await Browser.start(program);
    await use(browser);
  },
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the fixtures that are wanted from the pattern
  fake: async ({}, use) => {
    await using fake = await fakeGateway(undefined, busyStatus);
    fake.now = busyNow;
    await use(fake);
  },
});

/** Nothing of its own may go to the network: the tests look at what the page asks for. */
const quiet = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--no-proxy-server",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
];

/** A browser with an empty profile, without the shell's variables. */
export class Browser implements AsyncDisposable {
  readonly #context: BrowserContext;
  readonly #profile: string;

  private constructor(context: BrowserContext, profile: string) {
    this.#context = context;
    this.#profile = profile;
  }

  static async start(path: string, options: BrowserContextOptions = {}): Promise<Browser> {
    const profile = mkdtempSync(join(tmpdir(), "sallyport-browser-"));
    const { PATH = "" } = process.env;
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: path,
      headless: true,
      args: quiet,
      env: { PATH, HOME: profile, XDG_CONFIG_HOME: profile, XDG_CACHE_HOME: profile },
      ...options,
    });
    return new Browser(context, profile);
  }

  async open(): Promise<WatchedPage> {
    const page = await this.#context.newPage();
    return { page, ...(await watch(page)) };
  }

  cookies(): ReturnType<BrowserContext["cookies"]> {
    return this.#context.cookies();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

export interface WatchedPage {
  readonly page: Page;
  /** Everything that the browser complained of: errors, warnings, violations of the content security policy. */
  readonly complaints: readonly string[];
  /** `GET http://…`, each request that was made. */
  readonly requests: readonly string[];
}

async function watch(page: Page): Promise<Omit<WatchedPage, "page">> {
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(`uncaught: ${error.message}`));
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => requests.push(`${request.method()} ${request.url()}`));
  await page.addInitScript(
    `addEventListener("securitypolicyviolation", (event) => console.error("violation of " + event.violatedDirective + ": " + event.blockedURI));`,
  );
  return { complaints, requests };
}

/**
 * The texts on the page whose contrast is below 4.5 to 1 (WCAG 2.2, 1.4.3), or 3 to 1 where they are large, each with its ratio.
 * Backgrounds are looked up through the ancestors; the page has neither images nor transparency behind text.
 */
export function faintTexts(page: Page): Promise<readonly string[]> {
  return page.evaluate<string[]>(`(() => {
    const channel = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    const colour = (text) => text.match(/[\\d.]+/g).map(Number);
    const luminance = ([r, g, b]) => 0.2126 * channel(r / 255) + 0.7152 * channel(g / 255) + 0.0722 * channel(b / 255);
    const backgroundOf = (element) => {
      for (let at = element; at; at = at.parentElement) {
        const [r, g, b, alpha = 1] = colour(getComputedStyle(at).backgroundColor);
        if (alpha === 1) return [r, g, b];
      }
      return [255, 255, 255];
    };
    const faint = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const text = texts.currentNode.nodeValue.trim();
      const element = texts.currentNode.parentElement;
      if (text === "" || element.closest("script, noscript, .unseen") || !element.checkVisibility()) continue;
      const style = getComputedStyle(element);
      const [one, other] = [luminance(colour(style.color)), luminance(backgroundOf(element))];
      const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
      const isLarge = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
      if (ratio < (isLarge ? 3 : 4.5)) faint.push(text.slice(0, 40) + " " + ratio.toFixed(2));
    }
    return faint;
  })()`);
}
