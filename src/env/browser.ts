import type { BrowserCommand } from "./browser-command.js";
import { linuxBrowsers } from "./browser-linux.js";
import { macosBrowsers } from "./browser-macos.js";
import { windowsBrowsers } from "./browser-windows.js";

/** What is needed to know how a browser is opened. */
export interface BrowserPlace {
  readonly platform: NodeJS.Platform;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** Commands that open a URL in the user's browser, the best first; none where there is no screen. */
export function browserCommands({ platform, variables }: BrowserPlace, url: string): readonly BrowserCommand[] {
  const chosen = (variables["BROWSER"] ?? "")
    .split(platform === "win32" ? ";" : ":")
    .filter((each) => each.trim() !== "");
  const own = chosen.map((each): BrowserCommand => {
    const [file = "", ...args] = each.trim().split(/\s+/);
    return args.includes("%s") ? [file, ...args.map((arg) => (arg === "%s" ? url : arg))] : [file, ...args, url];
  });
  const usual =
    platform === "win32"
      ? windowsBrowsers(url, variables)
      : platform === "darwin"
        ? macosBrowsers(url)
        : linuxBrowsers(url, variables);
  return [...own, ...usual];
}

/** Opens an http(s) URL in the user's browser. False where no command of the platform's did. Never rejects. */
export async function openBrowser(url: string, place: BrowserPlace): Promise<boolean> {
  if (!/^https?:\/\//i.test(url)) return false;
  for (const command of browserCommands(place, url)) if (await start(command)) return true;
  return false;
}

/** Whether it has started, and not failed within a moment: some start the browser and end, others are the browser. */
function start([file, ...args]: BrowserCommand): Promise<boolean> {
  const { spawn } = process.getBuiltinModule("node:child_process");
  return new Promise((resolve) => {
    // Standard output may be the channel of an MCP client.
    const child = spawn(file, args, { stdio: "ignore", detached: true, windowsHide: true });
    const timer = setTimeout(() => resolve(true), 3000);
    const done = (opened: boolean): void => {
      clearTimeout(timer);
      resolve(opened);
    };
    child.once("error", () => done(false));
    child.once("exit", (status) => done(status === 0));
    child.unref();
  });
}
