import { expect, inject, test as base } from "vitest";
import { AccessLog } from "./access-log.js";
import type { Outcome } from "./clients.js";
import type { HaproxyPorts } from "./haproxy.js";
import type { Variables } from "./network.js";
import { parseNginxLine, type NginxLine } from "./nginx.js";
import type { Site } from "./site.js";
import { parseSquidLine, type FrontPorts, type SquidLine } from "./squid.js";

/** The running site as a test sees it: whom to ask, what to set for that, and what its servers wrote down meanwhile. */
export interface Scene {
  readonly site: Site;
  readonly nginxLog: AccessLog<NginxLine>;
  readonly frontLog: AccessLog<SquidLine>;
  readonly inspectorLog: AccessLog<SquidLine>;
  /** The ports of an optional server; where it could not be had, the test ends here as skipped. */
  haproxy(): HaproxyPorts;
  socks(): number;
}

/** Tests with the site in hand, whose logs start empty. Skipped where the servers could not be had. */
export const test = base.extend<{ scene: Scene }>({
  scene: async ({ skip }, use) => {
    const site = inject("site") ?? skip("squid or nginx is missing");
    const scene: Scene = {
      site,
      nginxLog: new AccessLog(site.logs.nginx, parseNginxLine, site.nginx.plain),
      frontLog: new AccessLog(site.logs.front, parseSquidLine, site.front.open),
      inspectorLog: new AccessLog(site.logs.inspector, parseSquidLine, site.inspector),
      haproxy: () => site.haproxy ?? skip("haproxy is missing"),
      socks: () => site.socks ?? skip("microsocks is missing"),
    };
    await Promise.all([scene.nginxLog.mark(), scene.frontLog.mark(), scene.inspectorLog.mark()]);
    await use(scene);
  },
});

/** An origin's URL. Its names are known to the proxies alone. */
export function origin(port: number, { name = "origin.test", path = "/" } = {}): string {
  return `https://${name}:${port}${path}`;
}

export { expect };

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** A proxy's URL with the login, written as its URL wants it. */
export function proxyUrl(port: number, login?: Login, scheme = "http"): string {
  const userinfo =
    login === undefined ? "" : `${encodeURIComponent(login.username)}:${encodeURIComponent(login.password)}@`;
  return `${scheme}://${userinfo}localhost:${port}`;
}

/** What points a user at a port of the front proxy, with the right login where that port wants one. */
export function throughFront({ site }: Scene, port: keyof FrontPorts): Variables {
  const scheme = port === "open" || port === "basic" ? "http" : "https";
  const url = proxyUrl(site.front[port], port === "open" ? undefined : site.login, scheme);
  return { HTTPS_PROXY: url, HTTP_PROXY: url };
}

/** Trusts the company's root, as `NODE_EXTRA_CA_CERTS` does; not the inspector's. */
export function trustRoot({ site }: Scene): Variables {
  return { NODE_EXTRA_CA_CERTS: site.certs.root };
}

/** Alice's client certificate, with its encrypted key. */
export function asAlice({ site: { certs } }: Scene): Variables {
  return {
    CLAUDE_CODE_CLIENT_CERT: certs.client.cert,
    CLAUDE_CODE_CLIENT_KEY: certs.client.encryptedKey,
    CLAUDE_CODE_CLIENT_KEY_PASSPHRASE: certs.passphrase,
  };
}

/** All that alice needs on the way through a port of the front. */
export function aliceThroughFront(scene: Scene, port: keyof FrontPorts): Variables {
  return { ...throughFront(scene, port), ...trustRoot(scene), ...asAlice(scene) };
}

/** The answer came, and holds this text. */
export function expectBody(outcome: Outcome, text: string): void {
  // Compared as a whole, so that a fault which came instead is shown.
  const { body, fault } = outcome;
  expect(body ?? fault).toStrictEqual(expect.stringContaining(text));
}

/** What was said shows the fault, its remedy, and none of the site's secrets in any spelling. */
export function expectFault(outcome: Outcome, { site }: Scene, code: string, hop?: "proxy" | "target" | "local"): void {
  expect(outcome.fault?.code ?? `no fault: ${outcome.status} ${outcome.body}`).toBe(code);
  if (hop !== undefined) expect(outcome.fault?.hop).toBe(hop);
  expect(outcome.fault?.message).not.toBe("");
  expect(outcome.fault?.remedy).not.toBe("");
  expectNoSecret(outcome.said, site);
}

export function expectNoSecret(said: string, { login, certs }: Site): void {
  const pair = `${login.username}:${login.password}`;
  const secrets = [
    login.password,
    encodeURIComponent(login.password),
    Buffer.from(pair).toString("base64"),
    certs.passphrase,
  ];
  for (const secret of secrets) expect(said).not.toContain(secret);
}

/** How squid writes a Basic login into its access log: the header as it came, percent-encoded. */
export function basicHeader({ username, password }: Login): string {
  return `Basic%20${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
