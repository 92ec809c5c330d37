import axe from "axe-core";
import { describe } from "vitest";
import { labVariables } from "../../src/lab/index.js";
import type { Report } from "../../src/doctor/index.js";
import { renderReportPage, type ReportSurroundings } from "../../src/doctor/report-page/index.js";
import { diagnose } from "../../src/doctor/diagnose.js";
import { open } from "../../src/doctor/testing/open.js";
import { standardLab } from "../support/standard-lab.js";
import { Browser, expect, faintTexts, test } from "./support/browser.js";

const lab = await standardLab();

async function pageOf(variables: Readonly<Record<string, string>>, urls: readonly string[]): Promise<string> {
  const network = await open(lab, variables);
  const around: ReportSurroundings = {
    settings: network.policy.settings,
    now: Date.UTC(2026, 10, 28),
    version: "0.1.0",
    nodeVersion: "20.20.2",
    platform: "linux",
    home: "/nonexistent",
  };
  const report: Report = await diagnose(network, urls);
  return renderReportPage(report, around);
}

const well = () => pageOf(labVariables(lab, lab.strict), ["https://mtls.lab.test/", "https://api.lab.test/"]);
const wrong = () =>
  pageOf({ https_proxy: lab.inspector.url, NODE_EXTRA_CA_CERTS: lab.files.rootCa }, [
    "https://api.lab.test/",
    "https://nowhere.lab.test/",
  ]);

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

describe("the doctor's page in a browser", () => {
  for (const [scheme, width] of [
    ["light", 1100],
    ["dark", 1100],
    ["dark", 320],
  ] as const)
    test(`has no violation that axe-core knows, enough contrast, and no sideways scrolling (${scheme}, ${width} px)`, async ({
      program,
    }) => {
      await using browser = await Browser.start(program, { bypassCSP: true, colorScheme: scheme });
      for (const make of [well, wrong]) {
        const { page } = await browser.open();
        await page.setViewportSize({ width, height: 900 });
        await page.setContent(await make());
        await page.evaluate(axe.source);
        const { violations } = await page.evaluate<{ violations: readonly Violation[] }>("axe.run()");
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(", ")}`)).toEqual([]);
        expect(await faintTexts(page)).toEqual([]);
        expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
      }
    });

  test("is styled under its own policy, asks for nothing and has nothing to complain of", async ({ browser }) => {
    const watched = await browser.open();
    await watched.page.setContent(await wrong());
    expect(watched.complaints).toEqual([]);
    expect(watched.requests).toEqual([]);
    const radius = await watched.page.evaluate("getComputedStyle(document.querySelector('.card')).borderRadius");
    expect(radius).toBe("10px");
  });

  test("is reached by keyboard: each link in turn, and nothing else", async ({ browser }) => {
    const { page } = await browser.open();
    await page.setContent(await wrong());
    const links = await page.locator("a").allTextContents();
    const reached: unknown[] = [];
    for (const _ of links) {
      await page.keyboard.press("Tab");
      reached.push(await page.evaluate("document.activeElement.textContent"));
    }
    expect(reached).toEqual(links);
  });

  test("prints in black on white, whatever the screen's colours, with all findings", async ({ program }) => {
    await using browser = await Browser.start(program, { colorScheme: "dark" });
    const { page } = await browser.open();
    await page.setContent(await wrong());
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe("rgb(255, 255, 255)");
    expect(await page.evaluate("getComputedStyle(document.body).color")).toBe("rgb(0, 0, 0)");
    expect(await page.locator(".finding").count()).toBeGreaterThan(1);
    expect((await page.pdf()).subarray(0, 5).toString()).toBe("%PDF-");
  });
});
