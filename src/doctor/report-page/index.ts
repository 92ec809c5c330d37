import { createHash } from "node:crypto";
import { html, trusted, type Html } from "../../base/html.js";
import { describeSource } from "../explanation.js";
import type { SettingReport } from "../../policy/types.js";
import { sameFault } from "../ladder.js";
import { verdictOf } from "../verdict.js";
import type { Report, TargetReport } from "../types.js";
import { chainList, finding } from "./findings.js";
import { pathPicture } from "./picture.js";
import { style } from "./style.js";
import { waterfall } from "./waterfall.js";

/** What a report was made on, and by. */
export interface ReportSurroundings {
  readonly settings: readonly SettingReport[];
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Of sallyport. */
  readonly version: string;
  readonly nodeVersion: string;
  readonly platform: string;
  /** Of the user: paths in it are shown from `~`, since it mostly holds a name. */
  readonly home: string;
}

/**
 * The report as one page of HTML, to be mailed to a help desk: without scripts and outside resources (its own policy forbids them), in light and
 * dark, and in print. It says what the report and the settings say, which hold no secrets; text from elsewhere is escaped.
 */
export function renderReportPage(report: Report, around: ReportSurroundings): string {
  const { targets, warnings } = report;
  const shown = atHome(report, around.home);
  const verdict = verdictOf(report);
  const hash = createHash("sha256").update(style).digest("base64");
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  const local = shown.faults.filter(
    (fault) => !shown.targets.some((one) => one.faults.some((own) => sameFault(own, fault))),
  );
  const page = html`${trusted("<!doctype html>")}
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>${report.ok ? "works" : countOf(report.faults.length, "fault")} · sallyport doctor</title>
        ${trusted(`<style>${style}</style>`)}
      </head>
      <body>
        <header>
          <h1>The way out of this machine</h1>
          <p class="facts">
            sallyport doctor ${around.version}, Node ${around.nodeVersion} on ${around.platform},
            <time datetime="${new Date(around.now).toISOString()}">${minute(around.now)}</time>
          </p>
          <p class="verdict ${verdict.state}">${verdict.text}</p>
          ${targets.length > 1 ? contents(shown.targets) : undefined}
        </header>
        <main>
          ${troubles("What stops everything", local, "error")}
          ${shown.targets.map((target, index) => targetSection(target, index))}
          ${troubles("Warnings", shown.warnings.slice(0, warnings.length), "warning")}
          ${settingsSection(atHome(around.settings, around.home))}
        </main>
        <footer>
          <p>Logins, passphrases and tokens are left out of this page. It loads nothing, and runs nothing.</p>
        </footer>
      </body>
    </html>`;
  return `${page.toString().trimStart()}\n`;
}

function contents(targets: readonly TargetReport[]): Html {
  return html`<nav aria-label="Targets">
    <ul>
      ${targets.map(
        ({ url, ok, needed }, index) =>
          html`<li>
            <a href="#target-${index}">${url}</a>
            <span class="state ${ok ? "good" : needed ? "bad" : "warn"}">${ok ? "works" : "fails"}</span>
          </li>`,
      )}
    </ul>
  </nav>`;
}

function targetSection(target: TargetReport, index: number): Html {
  const { url, purpose, needed, route, stages, faults, chain } = target;
  return html`<section class="card" id="target-${index}" aria-labelledby="heading-${index}">
    <h2 id="heading-${index}">${url}</h2>
    <p class="fine">
      ${purpose === null ? undefined : `${purpose}${needed ? "" : ", for a part alone"}. `}${
        route === null ? "No route could be chosen." : route.reason
      }
    </p>
    ${pathPicture(target)} ${faults.map((fault) => finding(fault, needed ? "error" : "warning"))}
    ${chain === null ? undefined : chainList(chain)}
    <h3>Stages</h3>
    ${waterfall(stages)}
  </section>`;
}

function troubles(title: string, faults: Report["faults"], kind: "error" | "warning"): Html | undefined {
  if (faults.length === 0) return undefined;
  return html`<section class="card">
    <h2>${title}</h2>
    ${faults.map((fault) => finding(fault, kind))}
  </section>`;
}

function settingsSection(settings: readonly SettingReport[]): Html {
  return html`<section class="card">
    <h2>Settings, and where they come from</h2>
    ${
      settings.length === 0
        ? html`<p>None: everything goes out directly, and the usual authorities are trusted.</p>`
        : html`<table>
            <thead>
              <tr>
                <th scope="col">Setting</th>
                <th scope="col">Value</th>
                <th scope="col">From</th>
              </tr>
            </thead>
            <tbody>
              ${settings.map(
                ({ name, value, source, overriddenBy }) =>
                  html`<tr>
                    <th scope="row" class="mono">${name}</th>
                    <td class="mono">${value}</td>
                    <td>
                      ${describeSource(source)}${overriddenBy === undefined ? undefined : `; overridden by ${describeSource(overriddenBy)}`}
                    </td>
                  </tr>`,
              )}
            </tbody>
          </table>`
    }
  </section>`;
}

/** The same data with the user's home folder as `~` in every text. */
function atHome<T>(value: T, home: string): T {
  if (home.length < 2) return value;
  const separator = home.includes("\\") ? "\\" : "/";
  const walk = (one: unknown): unknown => {
    if (typeof one === "string") return one.replaceAll(home + separator, `~${separator}`);
    if (Array.isArray(one)) return one.map(walk);
    if (typeof one !== "object" || one === null) return one;
    return Object.fromEntries(Object.entries(one).map(([name, inner]) => [name, walk(inner)]));
  };
  // The same shape: texts stay texts.
  return walk(value) as T;
}

const minute = (time: number): string => `${new Date(time).toISOString().slice(0, 16).replace("T", " ")} UTC`;

const countOf = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;
