import type { LoginPlace, ProxyAddress, StoredLogin, StoredLogins } from "../base/system.js";
import type { DataFolderLocation } from "./data-folder.js";
import type { Keyring } from "./keyring-types.js";

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
