import { openKeyring, type Keyring } from "../../src/env/index.js";

/** Stands for the package that reads the keyring: one that can be locked, and counts who opens it. */
export class TestKeyring {
  readonly entries = new Map<string, string>();
  isLocked = false;
  opened = 0;

  readonly open = (): Promise<Keyring> => {
    this.opened++;
    return openKeyring({ platform: "linux", load: () => ({ AsyncEntry: this.#entry() }) });
  };

  #entry() {
    const { entries } = this;
    const isLocked = (): boolean => this.isLocked;
    return class {
      readonly #key: string;
      constructor(service: string, name: string) {
        this.#key = `${service}/${name}`;
      }
      async getPassword(): Promise<string | null> {
        if (isLocked())
          throw new Error("Couldn't access platform storage: Secret Service: unlock prompt was dismissed");
        return entries.get(this.#key) ?? null;
      }
      async setPassword(text: string): Promise<void> {
        entries.set(this.#key, text);
      }
      async deletePassword(): Promise<boolean> {
        return entries.delete(this.#key);
      }
    };
  }
}
