import type { BrowserCommand } from "./browser-command.js";

/** Not `start`, which is the shell's and reads `&` in a URL; and not by a name that another folder could hold. */
export function windowsBrowsers(
  url: string,
  variables: Readonly<Record<string, string | undefined>>,
): readonly BrowserCommand[] {
  const name = Object.keys(variables).find((candidate) => candidate.toUpperCase() === "SYSTEMROOT");
  const system = (name === undefined ? undefined : variables[name]) ?? "C:\\Windows";
  return [
    [`${system}\\System32\\rundll32.exe`, "url.dll,FileProtocolHandler", url],
    [`${system}\\explorer.exe`, url],
  ];
}
