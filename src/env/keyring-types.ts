import type { Secret } from "../base/secret.js";

/**
 * The user's keyring: Keychain on macOS, Credential Manager on Windows, the Secret Service (GNOME Keyring, KWallet, KeePassXC) elsewhere.
 * What sallyport keeps there stands under the service `sallyport`, by a name that says what it is for: `proxy:http://proxy.example:3128`.
 * Each of these throws {ConnectError} KEYRING_UNAVAILABLE where the keyring is locked, absent, or does not answer within two minutes,
 * which is the time to type its password.
 */
export interface Keyring {
  /** Undefined where there is none. */
  readSecret(name: string): Promise<Secret | undefined>;
  /** In place of the one that was there. */
  storeSecret(name: string, secret: Secret): Promise<void>;
  /** Whether there was one. */
  removeSecret(name: string): Promise<boolean>;
}

export interface KeyringOptions {
  readonly platform: NodeJS.Platform;
  /** Milliseconds that one of its answers may take. Default 120 000. */
  readonly timeout?: number;
  /** Gives the package; default: the installed one. For tests. */
  readonly load?: () => unknown;
}
