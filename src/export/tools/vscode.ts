import { pathsHere, plainValue, textOf } from "../assignments.js";
import type { ExportedSettings, Rendering, Target } from "../types.js";

/**
 * For VS Code's settings.json, which may hold comments. The editor itself takes its authorities from the operating system alone
 * and asks for a proxy's login; its terminals get the variables, and secrets as references to where the editor was started.
 * https://code.visualstudio.com/docs/setup/network
 */
export const vscode: Target = {
  render(exported) {
    const { proxy, files, version } = exported;
    const end = proxy.https ?? proxy.http;
    const settings: [name: string, value: unknown][] = [
      ...(end === undefined
        ? []
        : ([
            ["http.proxy", end.urlWithLogin ?? end.url],
            ["http.proxySupport", "override"],
            ["http.noProxy", (plainValue(exported, "NO_PROXY") ?? "").split(",").filter((entry) => entry !== "")],
          ] satisfies [string, unknown][])),
      ["http.systemCertificates", true],
      [`terminal.integrated.env.${terminals[exported.platform] ?? "linux"}`, terminal(exported)],
    ];
    const body = settings.map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value, null, 2)}`);
    const comments = [
      `// sallyport ${version}: for settings.json (Preferences: Open User Settings (JSON)).`,
      ...(end?.login !== true || end.urlWithLogin !== undefined
        ? []
        : ["// The proxy's login is not included: the editor asks for it, and keeps it in the system's keyring."]),
      ...(files.extra === undefined
        ? []
        : [`// The editor trusts the operating system's store alone: put what is in ${files.extra} there.`]),
    ];
    const text = `${comments.join("\n")}\n{\n${indent(body.join(",\n"))}\n}\n`;
    return { text, notes: [] };
  },
  undo({ proxy, platform }): Rendering {
    const names = [
      ...(proxy.https === undefined && proxy.http === undefined
        ? []
        : ["http.proxy", "http.proxySupport", "http.noProxy"]),
      "http.systemCertificates",
      `terminal.integrated.env.${terminals[platform] ?? "linux"}`,
    ];
    return { text: `// Remove from settings.json:\n${names.map((name) => `//   ${name}`).join("\n")}\n`, notes: [] };
  },
};

const terminals: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  darwin: "osx",
  win32: "windows",
  linux: "linux",
};

function terminal(exported: ExportedSettings): Record<string, string> {
  const pathOf = pathsHere(exported);
  return Object.fromEntries(
    exported.assignments.map(({ name, value }) => [
      name,
      value.kind === "secret"
        ? `\${env:${exported.heldBy.get(value.name) ?? value.name}}`
        : textOf(value.parts, pathOf),
    ]),
  );
}

const indent = (text: string): string => text.replace(/^/gm, "  ");
