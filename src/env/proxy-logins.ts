import type { LoginPlace, ProxyAddress, StoredLogin, StoredLogins } from "../base/system.js";
import { dataFolderPath, type DataFolderLocation } from "./data-folder.js";
import { openKeyring, type Keyring } from "./keyring.js";

/**
 * The logins that a user has stored, each for one proxy: scheme, host and port. A small file says for which proxies there are some, so that
 * nothing loads what reads the keyring where nothing is stored in it. Where there is no keyring that file (mode 0600) holds the login itself.
 */
export interface ProxyLogins extends StoredLogins {
  /** The folder of the files. */
  readonly path: string;
  /** In place of the one that was there. @throws {ConnectError} KEYRING_UNAVAILABLE, PROXY_LOGIN_UNREADABLE */
  store(proxy: ProxyAddress, login: StoredLogin, place: LoginPlace): Promise<void>;
  /** Where it was; undefined where there was none. @throws {ConnectError} KEYRING_UNAVAILABLE, PROXY_LOGIN_UNREADABLE */
  remove(proxy: ProxyAddress): Promise<LoginPlace | undefined>;
}

export interface ProxyLoginsOptions {
  /** Default: this process's own. */
  readonly location?: DataFolderLocation;
  /** Default: the user's. */
  readonly keyring?: () => Promise<Keyring>;
}

/** The same, settled. */
export type LoginFilesOptions = Required<ProxyLoginsOptions>;

const { getBuiltinModule } = process;

/** Nothing is loaded before it is asked for something. */
export function openProxyLogins(options: ProxyLoginsOptions = {}): ProxyLogins {
  const { location = ownLocation() } = options;
  const keyring = options.keyring ?? (() => openKeyring({ platform: location.platform }));
  const path = getBuiltinModule("node:path").join(dataFolderPath(location), "proxy-logins");
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

function ownLocation(): DataFolderLocation {
  const { platform, env: variables } = process;
  const { homedir } = getBuiltinModule("node:os");
  return { platform, home: variables[platform === "win32" ? "USERPROFILE" : "HOME"] ?? homedir(), variables };
}
