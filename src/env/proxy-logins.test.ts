import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Secret } from "../base/secret.js";
import { isWithoutKeyring, openKeyring, openProxyLogins, type ProxyLogins } from "./index.js";

const proxy = { protocol: "http", host: "fd00::1", port: 3128 };
const login = { username: "alice", password: new Secret("geheim") };

let home: string;
let logins: ProxyLogins;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "proxy-logins-"));
  logins = openProxyLogins({ location: { platform: "linux", home, variables: {} } });
});
afterEach(() => rm(home, { recursive: true, force: true }));

const file = async (): Promise<string> => join(logins.path, (await readdir(logins.path))[0] ?? "");

test("a login in a file is its owner's alone, and found again", async () => {
  await logins.store(proxy, login, "file");
  expect((await stat(await file())).mode & 0o777).toBe(0o600);
  expect((await stat(logins.path)).mode & 0o777).toBe(0o700);
  expect((await logins.read(proxy))?.password.reveal()).toBe("geheim");
  expect(await logins.find(proxy)).toBe("file");
});

test.each([["not JSON"], ["null"], ['{"version":1,"proxy":"http://other:1","username":"a","password":"b"}']])(
  "what is not this proxy's login is said, and can be removed: %s",
  async (text) => {
    await logins.store(proxy, login, "file");
    await writeFile(await file(), text);
    await expect(logins.read(proxy)).rejects.toMatchObject({
      code: "PROXY_LOGIN_UNREADABLE",
      remedy: "store it again: sallyport login http://[fd00::1]:3128",
    });
    await logins.remove(proxy);
    expect(await logins.find(proxy)).toBeUndefined();
  },
);

test("a folder that cannot be written to is said", async () => {
  await writeFile(join(home, "file"), "");
  const blocked = openProxyLogins({ location: { platform: "linux", home: join(home, "file"), variables: {} } });
  await expect(blocked.store(proxy, login, "file")).rejects.toMatchObject({ code: "PROXY_LOGIN_UNREADABLE" });
});

test("a machine without a keyring is told from a keyring that is locked", async () => {
  const saying = (problem: string) => () => ({
    AsyncEntry: class {
      getPassword = () => Promise.reject(new Error(problem));
    },
  });
  const outcome = async (load: () => unknown): Promise<boolean> =>
    openKeyring({ platform: "linux", load }).then(
      (keyring) => keyring.readSecret("name").then(() => false, isWithoutKeyring),
      isWithoutKeyring,
    );
  const missing = Object.assign(new Error("Cannot find module '@napi-rs/keyring'"), { code: "MODULE_NOT_FOUND" });
  const none = (): never => {
    throw missing;
  };
  expect(await outcome(none)).toBe(true);
  expect(await outcome(saying("org.freedesktop.secrets was not provided"))).toBe(true);
  expect(await outcome(saying("unlock prompt was dismissed"))).toBe(false);
});

test("nothing of the password is in the file where the keyring has it", async () => {
  const entries = new Map<string, string>();
  class AsyncEntry {
    readonly #name: string;
    constructor(_service: string, name: string) {
      this.#name = name;
    }
    getPassword = async (): Promise<string | null> => entries.get(this.#name) ?? null;
    setPassword = async (text: string): Promise<void> => void entries.set(this.#name, text);
    deletePassword = async (): Promise<boolean> => entries.delete(this.#name);
  }
  const kept = openProxyLogins({
    location: { platform: "linux", home, variables: {} },
    keyring: () => openKeyring({ platform: "linux", load: () => ({ AsyncEntry }) }),
  });
  await kept.store(proxy, login, "keyring");
  expect(await readFile(await file(), "utf8")).not.toMatch(/geheim|alice/);
  expect([...entries.keys()]).toEqual(["proxy:http://[fd00::1]:3128"]);
  // In a file from now on: the keyring forgets it.
  await kept.store(proxy, login, "file");
  expect(entries.size).toBe(0);
});
