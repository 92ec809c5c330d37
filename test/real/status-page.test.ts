import { existsSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import { busyStatus } from "../../src/gateway/status/testing/busy-status.js";
import { fakeGateway, quietStatus } from "../../src/gateway/status/testing/fake-gateway.js";
import { poisoned } from "../../src/gateway/status/testing/poison.js";
import type { Gateway } from "../../src/gateway/types.js";
import { labVariables, startStandardLab, type StandardLab } from "../../src/lab/index.js";
import { Browser, browserProgram, expect, faintTexts, test, type WatchedPage } from "./support/browser.js";
import { gatewayLibrary } from "./support/built.js";

function expectOwnOriginAlone({ requests }: WatchedPage, url: string): void {
  expect(requests.length).toBeGreaterThan(0);
  expect(requests.filter((request) => !request.startsWith(`GET ${url}/`))).toEqual([]);
}

/** One more round of the page's own refreshing. */
const refreshed = ({ page }: WatchedPage): Promise<unknown> =>
  page.waitForResponse((response) => new URL(response.url()).pathname === "/");

describe("the page in a browser", () => {
  test("loads without a complaint, and asks for nothing but itself", async ({ browser, fake }) => {
    const watched = await browser.open();
    await watched.page.goto(`${fake.url}/`);
    await refreshed(watched);
    await refreshed(watched);
    expect(watched.complaints).toEqual([]);
    expectOwnOriginAlone(watched, fake.url);
    expect(await watched.page.title()).toBe("5 open · sallyport gateway");
    expect(await watched.page.locator("tr[data-key^=connection-]").count()).toBe(5);
  });

  test("runs nothing that hostile servers, proxies or certificates say, at once or at a refresh", async ({
    browser,
    fake,
  }) => {
    const watched = await browser.open();
    await watched.page.goto(`${fake.url}/`);
    fake.status = poisoned(busyStatus);
    await watched.page.getByText("<script>").first().waitFor();
    expect(await watched.page.title()).toBe("5 open · sallyport gateway");
    await watched.page.reload();
    await refreshed(watched);
    expect(await watched.page.title()).toBe("5 open · sallyport gateway");
    expect(await watched.page.locator("main img, main script, main style").count()).toBe(0);
    expect(watched.complaints).toEqual([]);
    expectOwnOriginAlone(watched, fake.url);
  });

  test("takes over what changes, and leaves scroll position, focus, selection and what is opened as they are", async ({
    browser,
    fake,
  }) => {
    const routes = Array.from({ length: 60 }, (_, index) => ({
      hosts: `h${index}.example`,
      way: "direct",
      source: "NO_PROXY",
    }));
    fake.status = { ...busyStatus, routes };
    const watched = await browser.open();
    const { page } = watched;
    await page.goto(`${fake.url}/`);
    const summary = page.locator("summary");
    await summary.click();
    await summary.focus();
    await page.evaluate(
      "scrollTo(0, 300); getSelection().selectAllChildren(document.querySelector('[data-key=connection-38] .host'))",
    );
    await page.evaluate("globalThis.marked = document.querySelector('[data-key=connection-38]')");
    const scrolled = await page.evaluate("scrollY");

    const [first, ...others] = busyStatus.connections;
    fake.status = {
      ...fake.status,
      connections: [
        { ...first!, down: 77_000_000 },
        ...others.filter(({ id }) => id !== 36 && id !== 41),
        { ...first!, id: 50, target: "new.example:443" },
      ],
      faults: [],
    };
    await page.getByText("77 MB").waitFor();

    const ids = await page.evaluate(
      "[...document.querySelectorAll('tr[data-key^=connection-]')].map((row) => row.dataset.key)",
    );
    expect(ids).toEqual(["connection-50", "connection-40", "connection-38", "connection-31"]);
    expect(await page.getByText("None since the start").count()).toBe(1);
    expect(await page.evaluate("document.activeElement.tagName")).toBe("SUMMARY");
    expect(await page.evaluate("document.querySelector('details').open")).toBe(true);
    expect(await page.evaluate("String(getSelection())")).toBe("git.corp.example");
    expect(await page.evaluate("scrollY")).toBe(scrolled);
    // The same row, and not another that looks like it.
    expect(await page.evaluate("marked === document.querySelector('[data-key=connection-38]')")).toBe(true);
    expect(watched.complaints).toEqual([]);
  });

  test("stands still while it is paused", async ({ browser, fake }) => {
    const watched = await browser.open();
    const { page } = watched;
    await page.clock.install();
    await page.goto(`${fake.url}/`);
    await page.getByRole("button", { name: "Pause" }).click();
    fake.status = quietStatus;
    const before = watched.requests.length;
    await page.clock.runFor(60_000);
    expect(watched.requests.length).toBe(before);
    expect(await page.title()).toBe("5 open · sallyport gateway");
    await page.getByRole("button", { name: "Resume" }).click();
    await page.getByText("Nothing is open.").waitFor();
    expect(await page.title()).toBe("0 open · sallyport gateway");
  });

  test("says so when the gateway does not answer any more", async ({ browser }) => {
    const fake = await fakeGateway(undefined, busyStatus);
    const { page } = await browser.open();
    await page.goto(`${fake.url}/`);
    await fake[Symbol.asyncDispose]();
    await page.getByRole("alert").filter({ hasText: "No answer from the gateway since" }).waitFor();
    expect(await page.locator("tr[data-key^=connection-]").count()).toBe(5);
  });

  test("is complete without scripts", async ({ program, fake }) => {
    await using browser = await Browser.start(program, { javaScriptEnabled: false });
    const { page } = await browser.open();
    await page.goto(`${fake.url}/`);
    expect(await page.locator("tr[data-key^=connection-]").count()).toBe(5);
    await page.getByRole("link", { name: "load it again" }).waitFor();
    expect(await page.getByRole("button", { name: "Pause" }).isVisible()).toBe(false);
  });

  test("can be found one's way about in by ear and by keyboard", async ({ browser, fake }) => {
    const { page } = await browser.open();
    await page.goto(`${fake.url}/`);
    for (const landmark of ["banner", "main", "contentinfo", "navigation"] as const)
      expect(await page.getByRole(landmark).count()).toBe(1);
    expect(await page.getByRole("heading", { level: 1 }).count()).toBe(1);
    const regions = [
      "Connections",
      "Faults",
      "Client certificates",
      "Where traffic goes",
      "TLS intercepted here",
      "Refused clients",
    ];
    for (const name of regions) expect(await page.getByRole("region", { name }).count(), name).toBe(1);
    const table = page.getByRole("table", { name: "Open connections, newest first" });
    expect(await table.getByRole("columnheader").allTextContents()).toEqual([
      "Target and route",
      "Stages",
      "Up",
      "Down",
      "Age",
    ]);
    expect(await table.getByRole("rowheader").count()).toBe(5);
    expect(await page.locator("[aria-live=polite]").textContent()).toBe(
      "5 connections open, 14 faults since the start",
    );
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.id")).toBe("pause");
  });

  describe("is shown whole, and can be read", () => {
    let pictures: string;
    beforeAll(() => {
      pictures = mkdtempSync(join(tmpdir(), "sallyport-status-page-"));
    });
    afterAll(() => rm(pictures, { recursive: true, force: true }));

    test.for([
      { name: "light and wide", width: 1400, colorScheme: "light" },
      { name: "dark and wide", width: 1400, colorScheme: "dark" },
      { name: "light and narrow", width: 400, colorScheme: "light" },
      { name: "dark and narrow", width: 400, colorScheme: "dark" },
    ] as const)("$name", async ({ name, width, colorScheme }, { program, fake }) => {
      await using browser = await Browser.start(program, { viewport: { width, height: 900 }, colorScheme });
      const { page, complaints } = await browser.open();
      await page.goto(`${fake.url}/`);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
      expect(await faintTexts(page)).toEqual([]);
      const background = await page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
      expect(background).toBe(colorScheme === "dark" ? "rgb(19, 21, 22)" : "rgb(245, 244, 240)");
      const path = join(pictures, `${name.replaceAll(" ", "-")}.png`);
      await page.screenshot({ path, fullPage: true });
      expect(existsSync(path)).toBe(true);
      expect(complaints).toEqual([]);
    });
  });
});

describe("the page of a running gateway", () => {
  let lab: StandardLab;
  let gateway: Gateway;
  beforeAll(async () => {
    if (browserProgram === undefined) return;
    lab = await startStandardLab();
    const { startGateway } = await gatewayLibrary();
    gateway = await startGateway({ source: { variables: labVariables(lab, lab.basic) }, lookup: lab.lookup });
  });
  afterAll(async () => {
    await gateway?.destroy();
    await lab?.close();
  });

  /** A tunnel through the gateway, as any program opens one. */
  async function openTunnel(target: string): Promise<Socket> {
    const { port } = new URL(gateway.url);
    const login = Buffer.from(`x:${gateway.token}`).toString("base64");
    const socket = connect(Number(port), "127.0.0.1");
    socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\nProxy-Authorization: Basic ${login}\r\n\r\n`);
    const [head] = await new Promise<[string]>((resolve, reject) => {
      socket.once("data", (chunk: Buffer) => resolve([chunk.toString()])).once("error", reject);
    });
    expect(head).toMatch(/^HTTP\/1\.1 200 /);
    return socket;
  }

  test("the token opens it, and is then neither in the address bar nor in the history nor in the page", async ({
    browser,
  }) => {
    const { statusUrl = "", token = "", url } = gateway;
    const watched = await browser.open();
    const { page } = watched;
    await page.goto(statusUrl);
    expect(page.url()).toBe(`${url}/`);
    expect(await page.title()).toBe("0 open · sallyport gateway");
    expect(await page.content()).not.toContain(token);
    expect(await page.evaluate("document.cookie")).toBe("");
    const [cookie, ...others] = await browser.cookies();
    expect(others).toEqual([]);
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict", path: "/", expires: -1 });
    expect(cookie?.value).not.toContain(token);
    await page.goto("about:blank");
    await page.goBack();
    expect(page.url()).toBe(`${url}/`);
    await refreshed(watched);
    expect(watched.complaints).toEqual([]);
    expectOwnOriginAlone(watched, url);
  });

  test("a wrong token gets a form, in which the right one opens the page", async ({ browser }) => {
    const { url, token = "" } = gateway;
    const { page } = await browser.open();
    await page.goto(`${url}/?token=wrong`);
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Access denied");
    await page.getByLabel("Token").fill(token);
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByRole("region", { name: "Connections" }).waitFor();
    expect(page.url()).toBe(`${url}/`);
  });

  test("a connection shows up while it is open, with its way and its stages, and goes with it", async ({ browser }) => {
    const watched = await browser.open();
    const { page } = watched;
    await page.goto(gateway.statusUrl ?? "");
    await page.getByText("Nothing is open.").waitFor();
    const socket = await openTunnel("api.lab.test:443");
    const row = page.locator("tr[data-key^=connection-]");
    await row.waitFor();
    const text = (await row.textContent())?.replace(/\s+/g, " ");
    expect(text).toContain("api.lab.test:443");
    expect(text).toContain(`http ${new URL(lab.basic.url).host.replace("127.0.0.1", "localhost").split(":")[0]}`);
    expect(text).toContain("HTTPS_PROXY is set");
    expect(text).toMatch(/tcp [\d.]+ m?s/);
    expect(text).toMatch(/tunnel [\d.]+ m?s/);
    expect(await page.content()).not.toContain(lab.login.password);
    socket.resetAndDestroy();
    await page.getByText("Nothing is open.").waitFor();
    expect(watched.complaints).toEqual([]);
    expectOwnOriginAlone(watched, gateway.url);
  });

  test("another site's page can neither read nor frame it, nor lead to it", async ({ browser, fake }) => {
    const { page } = await browser.open();
    await page.goto(gateway.statusUrl ?? "");
    const refusals = (): number => gateway.snapshot().refusals["403"] ?? 0;
    const before = refusals();
    // Another port of the same machine is of the same site for cookies. This answer of the fake has no policy of its own.
    await page.goto(`${fake.url}/elsewhere`);
    const read = await page.evaluate(
      `fetch("${gateway.url}/status.json", { credentials: "include" }).then(() => "read", () => "refused")`,
    );
    expect(read).toBe("refused");
    await page.evaluate(
      `new Promise((resolve) => {
        const frame = document.body.appendChild(document.createElement("iframe"));
        frame.onload = resolve;
        frame.src = "${gateway.url}/";
      })`,
    );
    const frames = await Promise.all(page.frames().map((frame) => frame.getByText(/sallyport|another site/).count()));
    expect(frames).toEqual([0, 0]);
    await page.evaluate(`location.href = "${gateway.url}/"`);
    await page.getByRole("heading", { name: "Not from another site" }).waitFor();
    expect(refusals()).toBe(before + 3);
  });
});
