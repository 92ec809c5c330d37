import type { Fault } from "../base/errors.js";
import type { SettingReport, Source } from "../policy/types.js";
import { renderFault, renderWay, sameFault } from "./ladder.js";
import { indent, wrap, type Paint } from "./layout.js";
import type { Explanation } from "./types.js";
import type { Reading } from "../tools/index.js";

const label = 10;
const width = 80 - 2 - label;

/** The settings that were read, and what makes the whole of them unusable. */
export interface Configuration {
  readonly settings: readonly SettingReport[];
  readonly faults: readonly Fault[];
}

/** The explanation as text: what applies and why, the settings with where they came from, and who would go elsewhere. */
export function renderExplanation(explanation: Explanation, { settings, faults }: Configuration, paint: Paint): string {
  const { route, storedLogin, identity, trust, warnings, models, noProxy } = explanation;
  const rows = [
    row("route", [renderWay(route), route.reason], paint),
    ...(storedLogin === null
      ? []
      : [row("login", [`stored in ${storedLogin === "file" ? "a file" : "the keyring"} (sallyport login)`], paint)]),
    row(
      "identity",
      identity === null
        ? ["no client certificate for this host"]
        : [
            `${identity.subject}, issued by ${identity.issuer}`,
            `until ${identity.notAfter.slice(0, 10)}, from ${identity.files.join(" and ")}`,
          ],
      paint,
    ),
    row(
      "trust",
      [
        `${trust.certificates} authorities: ${trust.sources.map((source) => `${source.added} ${source.name}`).join(", ") || "none"}`,
      ],
      paint,
    ),
    ...settingsRow(settings, paint),
    row("others", modelLines(models), paint),
    ...noProxyRow(noProxy, models, paint),
  ];
  const parts = [
    ...warnings.map((warning) =>
      renderFault(warning, paint, faults.some((fault) => sameFault(fault, warning)) ? "error" : "warning"),
    ),
    [paint.bold(explanation.url), ...rows].join("\n"),
  ];
  return `${parts.join("\n\n")}\n`;
}

/** The settings with where they came from, as text: what a report rests on. */
export function renderSettings(settings: readonly SettingReport[], paint: Paint): string {
  return [paint.bold("What is configured"), ...settingsRow(settings, paint)].join("\n");
}

function row(name: string, lines: readonly string[], paint: Paint): string {
  const wrapped = lines.flatMap((line) => wrap(line, width));
  return `  ${paint.dim(name.padEnd(label))}${indent(wrapped, 2 + label)}`;
}

function settingsRow(settings: readonly SettingReport[], paint: Paint): string[] {
  if (settings.length === 0) return [row("settings", ["none"], paint)];
  const lines = settings.map(({ name, value, source, overriddenBy }) => {
    const from = describeSource(source);
    const over = overriddenBy === undefined ? "" : `, overridden by ${describeSource(overriddenBy)}`;
    return `${name} = ${value}${from === name ? "" : ` (${from}${over})`}${from === name && over !== "" ? ` (${over.slice(2)})` : ""}`;
  });
  return [row("settings", lines, paint)];
}

export function describeSource(source: Source): string {
  switch (source.kind) {
    case "variable":
    case "option":
    case "system":
    case "stored":
      return source.name;
    case "file":
      return `${source.path}${source.pointer === "" ? "" : ` at ${source.pointer}`}${source.scope === "user" ? "" : `, ${source.scope}`}`;
    case "default":
      return "default";
  }
}

/** Only those who would go another way: agreement is no news. */
function modelLines(models: readonly Reading[]): string[] {
  const apart = models.filter((reading) => !reading.agrees);
  if (apart.length === 0) return ["every tool that sallyport models takes the same route"];
  return apart.map(({ tool, outcome, proxy, reason, condition }) => {
    const where = outcome === "proxy" ? `through ${proxy ?? "a proxy"}` : outcome === "direct" ? "direct" : "fails";
    return `${tool}: ${where}, ${reason}${condition === null ? "" : ` (${condition})`}`;
  });
}

/** Where another spelling would send more of them the same way. */
function noProxyRow(noProxy: Explanation["noProxy"], models: readonly Reading[], paint: Paint): string[] {
  if (noProxy === null || noProxy.helps.length === 0) return [];
  const { value, leftOut, apart } = noProxy;
  const names = models.flatMap(({ id, tool }) => (apart.includes(id) ? tool : []));
  const alike = names.length === 0 ? "all that read it" : `all that read it but ${names.join(", ")}`;
  const missing = leftOut.length === 0 ? [] : [`without ${leftOut.join(", ")}, which would break some of them`];
  return [row("NO_PROXY", [`for this URL, ${alike} go this way by:`, value, ...missing], paint)];
}
