import type { ConnectionKind, ConnectionStatus } from "../types.js";
import { formatHostPort } from "../../base/hostname.js";
import { html, type Html } from "../../base/html.js";
import { endpoint } from "./hosts.js";
import { ago, badge, empty, row, section, table, type View } from "./view.js";
import { countOf, formatBytes, formatCount, formatMilliseconds } from "./units.js";

/** Rows that a reader can take in and a browser can redraw every other second. `/status.json` has them all. */
const shown = 200;

const kinds: Readonly<Record<ConnectionKind, readonly [string, string]>> = {
  connect: ["tunnel", "CONNECT: the program's own TLS, or any other protocol, passes through"],
  socks5: ["SOCKS5", "a tunnel opened by SOCKS5"],
  forward: ["request", "an http request that the gateway passes on"],
  upgrade: ["WebSocket", "a connection that was upgraded, as WebSocket does"],
  origin: ["reverse", "a request to a reverse proxy"],
};

/** Newest first. */
export function connectionsSection({ status, now }: View): Html {
  const { connections } = status;
  if (connections.length === 0)
    return section("connections", "Connections", nothingOpen(status.listening, status.draining), "0");
  const newest = [...connections].sort((a, b) => b.id - a.id).slice(0, shown);
  const rest = connections.length - newest.length;
  const more =
    rest === 0
      ? undefined
      : html`<p class="more">
          and ${countOf(rest, "older one")}; <a href="/status.json">status.json</a> lists all of them
        </p>`;
  const rows = newest.map((connection) => connectionRow(connection, now));
  const content = html`${table("Open connections, newest first", "connections", ["Target and route", "Stages", "Up", "Down", "Age"], rows)}${more}`;
  return section("connections", "Connections", content, formatCount(connections.length));
}

function nothingOpen(listening: string, draining: boolean): Html {
  if (draining) return empty("Nothing is open any more, and no new connections are accepted.");
  if (listening.startsWith("unix:")) return empty("Nothing is open. Programs that use the socket show up here.");
  return empty(
    "Nothing is open. Programs show up here once their ",
    html`<code>HTTPS_PROXY</code>`,
    " is the address that the gateway printed at its start.",
  );
}

function connectionRow(connection: ConnectionStatus, now: number): Html {
  const { id, target, since, up, down } = connection;
  const failed = connection.stages.some(({ ok }) => !ok);
  return row(
    `connection-${id}`,
    [
      {
        label: "Target and route",
        name: target,
        content: html`<div class="target">${endpoint(target)}${marks(connection)}</div>
          ${path(connection)}`,
      },
      { label: "Stages", content: stages(connection) },
      { label: "Up", kind: "number", content: bytes(up) },
      { label: "Down", kind: "number", content: bytes(down) },
      { label: "Age", kind: "number", content: ago(since, now, (duration) => duration) },
    ],
    failed ? "failed" : "",
  );
}

function marks({ kind, intercepted, identity }: ConnectionStatus): Html {
  const [name, meaning] = kinds[kind];
  return html`<span class="marks"
    >${badge("plain", name, meaning)}${
      intercepted
        ? badge("accent", "intercepted", "its TLS is intercepted here, and a new one is made to the target")
        : undefined
    }${
      identity === undefined
        ? undefined
        : badge("accent", `as ${identity}`, `the client certificate "${identity}" was shown to the target`)
    }</span
  >`;
}

/** you → proxy → target, and the setting that decided. */
function path({ route }: ConnectionStatus): Html {
  if (route === undefined) return html`<p class="fine">finding the route</p>`;
  const hops = route.hops.map(
    ({ protocol, host, port }) =>
      html`<li><span class="protocol">${protocol}</span> ${endpoint(formatHostPort(host, port))}</li>`,
  );
  return html`<div class="way">
    <ol>
      <li>you</li>
      ${hops}
      <li>target</li>
    </ol>
    <bdi class="fine" title="${route.reason}">${route.reason}</bdi>
  </div>`;
}

const bytes = (count: number): Html => html`<span title="${countOf(count, "byte")}">${formatBytes(count)}</span>`;

/** What it took until the way was open, as a bar to scale and in words. */
function stages({ stages: all }: ConnectionStatus): Html {
  // Choosing the way is a stage of its own, which takes no time worth showing unless a PAC file is asked.
  const passed = all.filter(({ stage, ok, ms }) => stage !== "route" || !ok || ms >= 1);
  if (passed.length === 0) return html`<p class="pending">under way</p>`;
  const total = passed.reduce((sum, { ms }) => sum + ms, 0);
  let from = 0;
  const parts = passed.map(({ stage, ms, ok }) => {
    // All zero: equal parts. Never so thin that it cannot be seen.
    const width = total === 0 ? 100 / passed.length : (ms / total) * 100;
    const part = html`<rect
      class="stage ${stage}${ok ? "" : " bad"}"
      x="${from.toFixed(2)}%"
      width="${Math.max(width, 0.8).toFixed(2)}%"
      height="6"
    />`;
    from += width;
    return part;
  });
  const words = passed.map(
    ({ stage, hop, ms, ok, detail }) =>
      html`<li class="stage ${stage}${ok ? "" : " bad"}" title="${hop}: ${detail}">
        ${stage}${ok ? "" : " failed"} <span class="ms">${formatMilliseconds(ms)}</span>
      </li>`,
  );
  return html`<div class="stages">
      <svg class="bar" height="6" aria-hidden="true" focusable="false">${parts}</svg
      ><span class="total">${formatMilliseconds(total)}</span>
    </div>
    <ol class="legend">
      ${words}
    </ol>`;
}
