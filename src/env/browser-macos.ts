import type { BrowserCommand } from "./browser-command.js";

export function macosBrowsers(url: string): readonly BrowserCommand[] {
  return [["/usr/bin/open", url]];
}
