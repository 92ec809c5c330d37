import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { GatewayState, StatusPages } from "../types.js";
import { Gatekeeper, type Denial, type StatusAccess } from "./access.js";
import { metricsType, renderMetrics } from "./metrics.js";
import { renderDenial, renderPage } from "./page.js";
import { script } from "./script.js";
import { style } from "./style.js";
import { gate } from "./summary.js";

export type { StatusAccess } from "./access.js";

/** The icon as well, which the page shows that asks for the token. */
const open: ReadonlySet<string> = new Set(["/healthz", "/favicon.svg"]);

interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const htmlType = "text/html; charset=utf-8";
const textType = "text/plain; charset=utf-8";

/**
 * The status page at `/`, `/status.json`, `/metrics` and `/healthz`, for origin-form requests to the gateway's own port.
 * A request must name the gateway as its host, and come from no other site. All but `/healthz` (and the icon) want the token: as Bearer, as
 * the password of Basic, or as the cookie that `/?token=…` buys.
 */
export function createStatusPages(state: GatewayState, access: StatusAccess): StatusPages {
  const gatekeeper = new Gatekeeper(access);
  const pages = pagesOf(state);
  return {
    handle(request, response) {
      const [path, query] = splitOnce(request.url ?? "", "?");
      const page = pages.get(path);
      if (page === undefined) return false;
      const denied = (denial: Denial): void => {
        state.refused(denial.status, denial.reason);
        answer(response, denialPage(denial, request));
      };
      const misdirected = gatekeeper.misdirected(request);
      if (misdirected !== undefined) denied(misdirected);
      else if (request.method !== "GET" && request.method !== "HEAD") {
        state.refused(wrongMethod.status, "the status page was requested with a method other than GET");
        answer(response, wrongMethod);
      } else if (open.has(path)) answer(response, page());
      else {
        const offered = path === "/" ? new URLSearchParams(query).get("token") : null;
        const entry = offered === null ? gatekeeper.unauthorized(request) : gatekeeper.enter(offered);
        if (entry === undefined) answer(response, page());
        else if ("status" in entry) denied(entry);
        else answer(response, entered(entry.cookie));
      }
      return true;
    },
  };
}

function pagesOf(state: GatewayState): ReadonlyMap<string, () => Page> {
  const { system } = state.context();
  const processStart = system.now() - process.uptime() * 1000;
  const ok = (type: string, body: string): Page => ({ status: 200, type, body });
  return new Map<string, () => Page>([
    [
      "/",
      () => {
        const { policy, system: clock } = state.context();
        return ok(htmlType, renderPage({ status: state.status(), now: clock.now(), prefix: policy.prefix }));
      },
    ],
    ["/status.json", () => ok("application/json; charset=utf-8", `${JSON.stringify(state.status())}\n`)],
    ["/metrics", () => ok(metricsType, renderMetrics(state.status(), processFacts(processStart)))],
    ["/favicon.svg", () => ok("image/svg+xml", gate)],
    ["/healthz", () => (state.draining() ? { status: 503, type: textType, body: "draining\n" } : ok(textType, "ok\n"))],
  ]);
}

function processFacts(startedAt: number): Parameters<typeof renderMetrics>[1] {
  const { user, system } = process.cpuUsage();
  return { startedAt, cpuSeconds: (user + system) / 1e6, residentBytes: process.memoryUsage.rss() };
}

const wrongMethod: Page = {
  status: 405,
  type: textType,
  body: "This page can be read, and nothing else: GET or HEAD.\n",
  headers: { allow: "GET, HEAD" },
};

/** Takes the token out of the address bar and the history. */
function entered(cookie: string | undefined): Page {
  return {
    status: 303,
    type: textType,
    body: "See /\n",
    headers: { location: "/", ...(cookie !== undefined && { "set-cookie": cookie }) },
  };
}

const titles = { 401: "Access denied", 403: "Not from another site", 421: "Not under this host name" } as const;

function denialPage({ status, hint }: Denial, { headers }: IncomingMessage): Page {
  const wantsHtml = headers.accept?.includes("text/html") ?? false;
  // A browser would ask for a user name in a dialog of its own, over and over while the page refreshes; it gets a form instead.
  const isBrowser = wantsHtml || headers["sec-fetch-mode"] !== undefined;
  const challenge = isBrowser
    ? 'Bearer realm="sallyport gateway"'
    : 'Bearer realm="sallyport gateway", Basic realm="sallyport gateway", charset="UTF-8"';
  return {
    status,
    type: wantsHtml ? htmlType : textType,
    body: wantsHtml ? renderDenial(titles[status], hint, status === 401) : `${hint}\n`,
    ...(status === 401 && { headers: { "www-authenticate": challenge } }),
  };
}

const hashOf = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** Nothing but what the page itself holds, by its hash, and requests to the gateway itself. */
const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src ${hashOf(style)}`,
  `script-src ${hashOf(script)}`,
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const protection: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy": contentSecurityPolicy,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

function answer(response: ServerResponse, { status, type, body, headers }: Page): void {
  response.writeHead(status, {
    ...protection,
    "content-type": type,
    "content-length": Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
