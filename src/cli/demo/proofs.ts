import type { LabProxy, StandardLab } from "../../lab/types.js";
import type { Proof } from "./scene.js";

/** What scenes have in common to show from the server's log. */

/** The status of a granted CONNECT, and the reply of a SOCKS server that grants one (RFC 1928 section 6). */
const granted: ReadonlySet<number> = new Set([200, 0]);

export function connectedAsAlice({ log, login }: StandardLab, proxy: LabProxy, host: string): Proof {
  const userAndPassword = `${login.username}:${login.password}`;
  // A SOCKS server is told both as they are (RFC 1929).
  const expected = proxy.url.startsWith("socks")
    ? userAndPassword
    : `Basic ${Buffer.from(userAndPassword).toString("base64")}`;
  const holds = log
    .of(proxy.name, "connect")
    .some((event) => event.target === `${host}:443` && event.authorization === expected && granted.has(event.status));
  const what = proxy.url.startsWith("socks") ? "a request for" : "CONNECT";
  return { claim: `${proxy.name} saw ${what} ${host}:443 as ${login.username}`, holds };
}

export function answered({ log }: StandardLab, origin: string): Proof {
  const count = log.of(origin, "request").length;
  return { claim: `${origin} saw one request`, holds: count === 1 };
}

export function sawAlice({ log }: StandardLab, origin: string): Proof {
  const holds = log.of(origin, "request").some((event) => event.peer === "alice");
  return { claim: `${origin} saw the certificate CN=alice`, holds };
}

export function noLoginInside({ log }: StandardLab, origin: string): Proof {
  const requests = log.of(origin, "request");
  const holds = requests.length === 1 && requests.every((event) => event.headers["proxy-authorization"] === undefined);
  return { claim: `no Proxy-Authorization reached ${origin}`, holds };
}

/** A way past the proxy would be a connection for which the proxy has no tunnel. */
export function throughProxyAlone({ log }: StandardLab, proxy: LabProxy, origins: readonly string[]): Proof {
  const holds = origins.every((origin) => {
    const tunnels = log
      .of(proxy.name, "connect")
      .filter((event) => event.target === `${origin}:443` && granted.has(event.status));
    return tunnels.length > 0 && log.of(origin, "accept").length === tunnels.length;
  });
  return { claim: `${origins.join(" and ")} saw no connection but the proxy's`, holds };
}

export function nobodyConnected({ log, origins, proxies }: StandardLab): Proof {
  const holds = [...origins, ...proxies].every(({ name }) => log.of(name, "accept").length === 0);
  return { claim: "no server and no proxy saw a connection", holds };
}
