import { expect, test } from "vitest";
import { browserCommands, openBrowser } from "./browser.js";

const url = "https://auth.example/authorize?a=1&b=2";
const commands = (platform: NodeJS.Platform, variables: Record<string, string> = {}): string[] =>
  browserCommands({ platform, variables }, url).map((command) => command.join(" "));

test("each platform has its own commands, and the URL is one argument that no shell reads", () => {
  expect(commands("darwin")).toEqual([`/usr/bin/open ${url}`]);
  expect(commands("win32", { SystemRoot: "D:\\Windows" })[0]).toBe(
    `D:\\Windows\\System32\\rundll32.exe url.dll,FileProtocolHandler ${url}`,
  );
  expect(commands("linux", { DISPLAY: ":0" })[0]).toBe(`xdg-open ${url}`);
  expect(commands("linux", { WSL_DISTRO_NAME: "Ubuntu" })[0]).toBe(`wslview ${url}`);
});

test("without a screen there is none, unless BROWSER names one", () => {
  expect(commands("linux")).toEqual([]);
  expect(commands("linux", { BROWSER: "w3m:firefox --new-window %s" })).toEqual([
    `w3m ${url}`,
    `firefox --new-window ${url}`,
  ]);
});

test("the next command is tried where one fails, and false says that none did", async () => {
  const opened = (browser: string, target = url): Promise<boolean> =>
    openBrowser(target, { platform: "linux", variables: { BROWSER: browser } });
  expect(await opened("/nowhere/browser:/bin/false")).toBe(false);
  expect(await opened("/nowhere/browser:/bin/true")).toBe(true);
  expect(await opened("/bin/true", "file:///etc/passwd")).toBe(false);
});
