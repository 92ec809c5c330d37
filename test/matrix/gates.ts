import type { Lab, LabProxy } from "../../src/lab/index.js";
import { proxyHost, type Column } from "./columns.js";
import type { Evidence, Tunnel } from "./evidence.js";
import type { LoginProxy } from "./logins.js";

/** The proxy of one network, and what it has seen. */
export interface Gate {
  /** With the login. */
  readonly url: string;
  readonly loginNeeded: boolean;
  readonly surroundings: Readonly<Record<string, string>>;
  /** @param target `host:port` */
  tunnels(target: string): Promise<readonly Tunnel[]>;
  /** Requests to the target that it has read inside a tunnel. */
  read(target: string): number;
  tls(): Pick<Evidence, "proxyTls" | "proxyPeers">;
}

export function loginGate(proxy: LoginProxy): Gate {
  return {
    url: proxy.url,
    loginNeeded: true,
    surroundings: proxy.surroundings,
    tunnels: (target) => proxy.tunnels(target),
    read: () => 0,
    tls: () => ({ proxyTls: "none", proxyPeers: [] }),
  };
}

export async function labGate(lab: Lab, column: Column): Promise<Gate> {
  const proxy = await lab.proxy(column.proxy);
  return {
    url: proxy.urlWithLogin.replace("localhost", proxyHost),
    loginNeeded: column.proxy.login !== undefined,
    surroundings: {},
    tunnels: async (target) => tunnelsOf(lab, proxy, column).filter((tunnel) => tunnel.target === target),
    read: (target) =>
      lab.log.of(proxy.name, "request").filter((event) => event.inspected && new URL(event.url).host === target).length,
    tls: () => {
      const secured = lab.log.of(proxy.name, "tls");
      return {
        proxyTls: column.proxy.protocol !== "https" ? "none" : secured.length === 0 ? "missing" : "seen",
        proxyPeers: secured.flatMap(({ peer }) => peer ?? []),
      };
    },
  };
}

function tunnelsOf(lab: Lab, proxy: LabProxy, column: Column): readonly Tunnel[] {
  const tunnels = lab.log.of(proxy.name, "connect").map((event): Tunnel => {
    const granted = (event.status >= 200 && event.status < 300) || event.status === 0;
    return { target: event.target, granted, login: event.authorization !== undefined };
  });
  const forwarded = lab.log
    .of(proxy.name, "request")
    .filter((event) => !event.inspected)
    .map((event): Tunnel => {
      const login = event.headers["proxy-authorization"] !== undefined;
      // In absolute form; one without a login is let pass by a proxy that needs none.
      return { target: new URL(event.url).host, granted: login || column.proxy.login === undefined, login };
    });
  return [...tunnels, ...forwarded];
}
