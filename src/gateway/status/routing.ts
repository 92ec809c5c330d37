import type { GatewayStatus } from "../types.js";
import { html, type Html } from "../../base/html.js";
import { breakable, hostList } from "./hosts.js";
import { badge, empty, row, section, table, type View } from "./view.js";

type Route = GatewayStatus["routes"][number];
type Group = Pick<Route, "way" | "source"> & { readonly hosts: string[] };

/** How the settings send traffic. */
export function routesSection({ status: { routes } }: View): Html {
  const rows = grouped(routes).map(({ hosts, way, source }, index) =>
    row(`route-${index}`, [
      { label: "Hosts", name: hosts.join(", "), content: hostList(hosts) },
      {
        label: "Go",
        content: way === "direct" ? badge("plain", "direct") : html`<span class="proxy">${breakable(way)}</span>`,
      },
      { label: "Set by", content: html`<span class="fine">${breakable(source)}</span>` },
    ]),
  );
  return section(
    "routes",
    "Where traffic goes",
    table("Routes: the first that names a host applies", "routes", ["Hosts", "Go", "Set by"], rows),
  );
}

/** A NO_PROXY of forty entries is one row, not forty. Neighbours only: the order decides. */
function grouped(routes: readonly Route[]): readonly Group[] {
  const groups: Group[] = [];
  for (const { hosts, way, source } of routes) {
    const last = groups.at(-1);
    const patterns = hosts.split(", ");
    if (last !== undefined && last.way === way && last.source === source) last.hosts.push(...patterns);
    else groups.push({ hosts: patterns, way, source });
  }
  return groups;
}

/** The hosts whose TLS is intercepted here, and the reverse proxies. */
export function interceptSection({ status: { intercepted, origins } }: View): Html {
  const hosts =
    intercepted.length === 0
      ? empty("For no host: all TLS passes through untouched.")
      : html`<p class="lead">
            Only for these hosts, so that the client certificate can be shown for programs that have none. All others
            pass through untouched.
          </p>
          ${hostList(intercepted)}`;
  const reverseProxies =
    origins.length === 0
      ? undefined
      : html`<h3>Reverse proxies</h3>
          ${table(
            "Reverse proxies and the origins behind them",
            "reverseProxies",
            ["Reverse proxy", "Origin"],
            origins.map(({ name, url, origin }) =>
              row(`reverse-proxy-${name}`, [
                {
                  label: "Reverse proxy",
                  content: html`<strong class="name"><bdi>${name}</bdi></strong> <code>${url}</code>`,
                },
                { label: "Origin", content: html`<span class="proxy">${breakable(origin)}</span>` },
              ]),
            ),
          )}`;
  return section("intercepted", "TLS intercepted here", html`${hosts}${reverseProxies}`);
}
