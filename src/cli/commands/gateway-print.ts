import { formatHostPort } from "../../base/hostname.js";
import type { Paint } from "../../doctor/index.js";
import type { Gateway, GatewayEvent } from "../../gateway/types.js";

/** Files that programs need to trust what the gateway opens. */
export interface AuthorityFiles {
  /** The gateway's authority alone. */
  readonly authority: string;
  /** The same, and what the settings add to Node's own authorities: for NODE_EXTRA_CA_CERTS. */
  readonly bundle: string;
}

/** What `--json` prints once the gateway is ready. */
export function describeGateway(gateway: Gateway, files: AuthorityFiles | undefined): Record<string, unknown> {
  const { url, proxyUrl, socksUrl, statusUrl, admits, origins, intercepted } = gateway;
  return {
    ok: true,
    pid: process.pid,
    url,
    proxyUrl,
    socksUrl,
    statusUrl: statusUrl ?? null,
    admits,
    origins: origins.map(({ name, url: front, origin }) => ({ name, url: front, origin })),
    intercepted,
    authority: files?.authority ?? null,
    bundle: files?.bundle ?? null,
  };
}

/** How to use it, to be read and pasted from. */
export function renderGateway(gateway: Gateway, files: AuthorityFiles | undefined, paint: Paint): string {
  const onPort = gateway.url.startsWith("http:");
  const exports = ["HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"].map(
    (name) => `export ${name}='${gateway.proxyUrl}'`,
  );
  if (files !== undefined) exports.push(`export NODE_EXTRA_CA_CERTS='${files.bundle}'`);
  const rows: (readonly [string, string])[] = [];
  if (onPort) rows.push(["SOCKS 5", gateway.socksUrl]);
  if (gateway.admits === "same-user")
    rows.push(["Token", `not asked of this user's programs  ${paint.dim("--require-token asks them, too")}`]);
  if (gateway.statusUrl !== undefined) rows.push(["Status page", gateway.statusUrl]);
  for (const { name, url, origin } of gateway.origins) rows.push([name, `${url}  ${paint.dim(`goes to ${origin}`)}`]);
  if (files !== undefined) {
    rows.push(["TLS intercepted", gateway.intercepted.join(", ")]);
    rows.push(["Authority", files.authority]);
  }
  const width = Math.max(...rows.map(([label]) => label.length), 0) + 2;
  const how = onPort
    ? `${paint.bold("In another terminal")}\n${exports.join("\n")}\n`
    : `${paint.bold("In another terminal")}\ncurl --unix-socket ${gateway.url.slice("unix:".length)} …  ${paint.dim("(as an HTTP proxy; the token is asked for)")}\n`;
  return [
    `${paint.bold("Gateway")} ${gateway.url}, until Ctrl-C\n`,
    how,
    ...rows.map(([label, text]) => `${label.padEnd(width)}${text}`),
    "",
  ].join("\n");
}

/** A line for stderr; undefined for what is not worth one. */
export function describeEvent(event: GatewayEvent): string | undefined {
  switch (event.kind) {
    case "served": {
      const { by, target, route, intercepted, identity, up, down, duration } = event;
      const hops = route?.hops.map(({ protocol, host, port }) => `${protocol}://${formatHostPort(host, port)}`) ?? [];
      const way = hops.length === 0 ? (route === undefined ? "" : " direct") : ` through ${hops.join(", ")}`;
      const how = `${intercepted ? ", TLS intercepted" : ""}${identity === undefined ? "" : `, certificate ${identity}`}`;
      return `${by}: ${target}${way}${how}, ${up} bytes up, ${down} down, ${duration} ms`;
    }
    case "fault":
      return `fault: ${event.target}: ${event.fault.message} [${event.fault.code}]; ${event.fault.remedy}`;
    case "refused":
      return `refused: ${event.status}, ${event.reason}`;
    case "reloaded":
      return "settings reloaded";
    case "network-changed":
      return "this machine is in another network: proxies and PAC files are read again, and idle connections closed";
    case "reload-failed":
      return undefined;
    case "draining":
      return event.connections === 0
        ? undefined
        : `waiting for ${event.connections} ${event.connections === 1 ? "connection" : "connections"}; another signal stops it at once`;
    case "closed":
      return undefined;
  }
}
