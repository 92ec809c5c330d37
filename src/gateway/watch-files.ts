import { codeOf } from "../base/error-code.js";
import type { System } from "../base/system.js";
import type { FileSetting, IdentitySpec, Policy, ProxyChoice, SecretRef } from "../policy/index.js";

/** The files that settings come from, each once: config files, certificates, keys, authorities, passphrases. */
export function filesOf(policy: Policy): readonly string[] {
  const { trust, identities, proxyIdentity, routes, proxy } = policy;
  const config = policy.settings.flatMap(({ source }) => (source.kind === "file" ? [source.path] : []));
  const certificates = [...identities, ...(proxyIdentity === undefined ? [] : [proxyIdentity])].flatMap(
    filesOfIdentity,
  );
  const choices = [...routes.map((rule) => rule.proxy), proxy.https?.value, proxy.http?.value];
  const authorities = [...trust.files, ...trust.directories].flatMap(pathOf);
  return [...new Set([...config, ...authorities, ...certificates, ...choices.flatMap(filesOfChoice)])];
}

function filesOfIdentity({ cert, key, pfx, passphrase }: IdentitySpec): string[] {
  const named = [cert, key, pfx].flatMap((setting) => (setting === undefined ? [] : pathOf(setting)));
  return [...named, ...filesOfSecret(passphrase?.value)];
}

/** None where the setting holds the text itself, which changes only with the setting. */
const pathOf = ({ value, text, fault }: FileSetting): string[] =>
  text === undefined && fault === undefined ? [value] : [];

function filesOfChoice(choice: ProxyChoice | undefined): string[] {
  return choice?.kind === "server" ? filesOfSecret(choice.server.login?.password) : [];
}

function filesOfSecret(secret: SecretRef | undefined): string[] {
  return secret?.kind === "file" ? [secret.path] : [];
}

export interface FileWatchOptions {
  readonly system: Pick<System, "stat">;
  /** Asked for anew at each look: a reload may name others. */
  readonly files: () => readonly string[];
  /** When the settings in force began to be loaded, in milliseconds since the epoch: what was written later may not be in them. */
  readonly loadedAt: () => number;
  /** Milliseconds between two looks. */
  readonly interval: number;
  readonly onChange: () => void;
}

interface Mark {
  readonly path: string;
  /** Another one: the file has changed. */
  readonly mark: string;
  /** When it was written, in milliseconds since the epoch. */
  readonly time: number;
}

/**
 * Looks at files from time to time, since the notices of file systems are lost on network drives and on files that are replaced by
 * renaming. A change counts when two looks in a row have seen the same: a certificate and its key are written one after the other.
 */
export class FileWatch {
  readonly #options: FileWatchOptions;
  #timer: NodeJS.Timeout | undefined;
  readonly #inForce = new Map<string, string>();
  #before: string | undefined;
  #stopped = false;

  constructor(options: FileWatchOptions) {
    this.#options = options;
    void this.#look();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    const marks = await this.#marks();
    if (this.#stopped) return;
    // A file that was not looked at before has been read a moment ago, by the load that named it, unless it is newer.
    for (const { path, mark, time } of marks) {
      if (!this.#inForce.has(path)) this.#inForce.set(path, time < this.#options.loadedAt() ? mark : "newer");
    }
    const changed = marks.filter(({ path, mark }) => this.#inForce.get(path) !== mark);
    const seen = changed.map(({ path, mark }) => `${path} ${mark}`).join("\n");
    if (changed.length > 0 && seen === this.#before) {
      for (const { path, mark } of changed) this.#inForce.set(path, mark);
      this.#options.onChange();
    }
    this.#before = seen;
    const { interval } = this.#options;
    // The second look comes sooner, so that a change is not in force only after two whole intervals.
    this.#timer = setTimeout(() => void this.#look(), changed.length > 0 ? interval / 5 : interval).unref();
  }

  #marks(): Promise<readonly Mark[]> {
    const { files, system } = this.#options;
    return Promise.all(
      files().map(async (path) => {
        try {
          const { mtimeMs, size, mode } = await system.stat(path);
          return { path, mark: `${mtimeMs} ${size} ${mode}`, time: mtimeMs };
        } catch (error) {
          return { path, mark: codeOf(error), time: 0 };
        }
      }),
    );
  }
}
