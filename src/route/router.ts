import { rememberingOrigins } from "../base/remember.js";
import type { Policy, ProxyServer } from "../policy/types.js";
import { chooseRoute } from "./select.js";
import type { PacRoutes } from "./pac/index.js";
import type { RouterOptions } from "./router-options.js";
import type { Route } from "./types.js";

/** Says where URLs go. */
export interface Router {
  /** As `selectRoute`; where a PAC file decides, by what it says. At once where that is known. */
  route(url: string): Route | Promise<Route>;
  /** This proxy cannot be used, or `isSilent`: not even connected to. For a while the other ways of a PAC file go before it. */
  setAside(proxy: ProxyServer, isSilent?: boolean): void;
  /** Some URLs that PAC files were asked about last. */
  inUse(): readonly string[];
  /** The same in another network: PAC files are read again, and nothing counts that was found out in this one. */
  elsewhere(): Router;
}

/** The routes of one policy. What PAC files need is loaded when the first URL needs it. */
export function createRouter(policy: Policy, options: RouterOptions): Router {
  const choose = rememberingOrigins((url) => chooseRoute(policy, url));
  const opened = new Map<string, PacRoutes | Promise<PacRoutes>>();
  const open = async (url: string): Promise<PacRoutes> => {
    const { openPac } = await import("./pac/index.js");
    const routes = openPac(url, policy, options);
    opened.set(url, routes);
    return routes;
  };
  const ready = (): readonly PacRoutes[] =>
    [...opened.values()].flatMap((routes) => ("then" in routes ? [] : [routes]));
  return {
    route: (url) => {
      const chosen = choose(url);
      if (!("pac" in chosen)) return chosen;
      const routes = opened.get(chosen.pac) ?? open(chosen.pac);
      if (!("then" in routes)) return routes.route(chosen);
      opened.set(chosen.pac, routes);
      return routes.then((loaded) => loaded.route(chosen));
    },
    setAside: (proxy, isSilent = false) => {
      for (const routes of ready()) routes.setAside(proxy, isSilent);
    },
    inUse: () => ready().flatMap((routes) => routes.inUse.map((origin) => `${origin}/`)),
    elsewhere: () => {
      for (const file of options.files.values()) file.moved();
      return createRouter(policy, options);
    },
  };
}
