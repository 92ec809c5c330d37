import type { BrowserCommand } from "./browser-command.js";

/** Without a screen xdg-open would start a browser for terminals, which nobody sees. In WSL the screen is Windows's. */
export function linuxBrowsers(
  url: string,
  variables: Readonly<Record<string, string | undefined>>,
): readonly BrowserCommand[] {
  const isSet = (name: string): boolean => (variables[name] ?? "") !== "";
  const windows: BrowserCommand[] = isSet("WSL_DISTRO_NAME")
    ? [
        ["wslview", url],
        ["rundll32.exe", "url.dll,FileProtocolHandler", url],
      ]
    : [];
  if (!isSet("DISPLAY") && !isSet("WAYLAND_DISPLAY")) return windows;
  return [...windows, ["xdg-open", url], ["gio", "open", url], ["x-www-browser", url]];
}
