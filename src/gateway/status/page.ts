import { certificatesSection } from "./certificates.js";
import { connectionsSection } from "./connections.js";
import { html, trusted, type Html } from "../../base/html.js";
import { interceptSection, routesSection } from "./routing.js";
import { script } from "./script.js";
import { style } from "./style.js";
import { figures, gate, masthead, spoken } from "./summary.js";
import { faultsSection, refusalsSection, warningsSection } from "./troubles.js";
import type { View } from "./view.js";

/**
 * The whole page, ready to read without a script. The script fetches it again and takes over what has changed, so that there
 * is one place that makes markup, and one that escapes.
 */
export function renderPage(view: View): string {
  const open = view.status.connections.length;
  const title = view.status.draining ? "draining" : `${open} open`;
  const body = html`<header>
      <div id="masthead">${masthead(view)}</div>
      <button type="button" id="pause" hidden>Pause</button>
    </header>
    <p id="notice" role="alert" hidden></p>
    <noscript
      ><p class="notice">This page shows the state when it was loaded: <a href="/">load it again</a>.</p></noscript
    >
    <main>
      ${figures(view)} ${warningsSection(view)} ${connectionsSection(view)}
      <div class="columns">
        <div class="column">${faultsSection(view)} ${certificatesSection(view)}</div>
        <div class="column">${routesSection(view)} ${interceptSection(view)} ${refusalsSection(view)}</div>
      </div>
    </main>
    <p id="spoken" class="unseen" aria-live="polite">${spoken(view)}</p>
    <footer>
      <nav aria-label="The same for programs">
        <a href="/status.json">status.json</a> <a href="/metrics">metrics</a> <a href="/healthz">healthz</a>
      </nav>
      <p>Numbers count from the start of the gateway.</p>
    </footer>
    ${trusted(`<script>${script}</script>`)}`;
  return shell(`${title} · sallyport gateway`, body);
}

/** What a browser shows that came without the token: where to find it, and a field for it. */
export function renderDenial(title: string, hint: string, asksToken: boolean): string {
  const form = html`<form action="/" method="get">
    <label for="token">Token</label>
    <input id="token" name="token" type="password" required autocomplete="off" spellcheck="false" />
    <button>Open</button>
  </form>`;
  return shell(
    `${title} · sallyport gateway`,
    html`<main class="denial">
      <span class="gate" aria-hidden="true">${trusted(gate)}</span>
      <h1>${title}</h1>
      <p>${hint}</p>
      ${asksToken ? form : undefined}
    </main>`,
  );
}

function shell(title: string, body: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="icon" type="image/svg+xml" href="/favicon.svg" />
        ${trusted(`<style>${style}</style>`)}
      </head>
      <body>
        ${body}
      </body>
    </html> `.toString();
}
