import type { ProxyAddress } from "../base/system.js";
import { dataFolderLocation, dataFolderPath, type DataFolderLocation } from "./data-folder.js";
import { openKeyring } from "./keyring.js";
import type { ProxyLogins, ProxyLoginsOptions } from "./proxy-logins-types.js";

const { getBuiltinModule } = process;

/** Nothing is loaded before it is asked for something. */
export function openProxyLogins(options: ProxyLoginsOptions = {}): ProxyLogins {
  const { location = dataFolderLocation() } = options;
  const keyring = options.keyring ?? (() => openKeyring({ platform: location.platform }));
  const path = folderOfLogins(location);
  const files = async (): Promise<Omit<ProxyLogins, "path">> =>
    (await import("./proxy-login-files.js")).openLoginFiles(path, { location, keyring });
  return {
    path,
    read: async (proxy) => (await files()).read(proxy),
    find: async (proxy) => (await files()).find(proxy),
    store: async (proxy, login, place) => (await files()).store(proxy, login, place),
    remove: async (proxy) => (await files()).remove(proxy),
  };
}

const folderOfLogins = (location: DataFolderLocation): string =>
  getBuiltinModule("node:path").join(dataFolderPath(location), "proxy-logins");

/** The file that says whether a user has stored a login for a proxy. */
export async function proxyLoginFile(proxy: ProxyAddress, variables: DataFolderLocation["variables"]): Promise<string> {
  const { fileName } = await import("./proxy-login-files.js");
  return getBuiltinModule("node:path").join(folderOfLogins(dataFolderLocation(variables)), fileName(proxy));
}
