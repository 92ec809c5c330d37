import { describe, expect, test } from "vitest";
import { Secret } from "../base/secret.js";
import { openKeyring } from "./index.js";

/** Stands for the package: what it holds, and what it was asked for. */
function fakePackage(problem?: string) {
  const entries = new Map<string, string>();
  const stores = new Set<unknown>();
  class AsyncEntry {
    readonly #key: string;
    constructor(service: string, name: string, options: unknown) {
      this.#key = `${service}/${name}`;
      stores.add(JSON.stringify(options));
    }
    async getPassword(): Promise<string | null> {
      if (problem !== undefined) throw new Error(problem);
      return entries.get(this.#key) ?? null;
    }
    async setPassword(text: string): Promise<void> {
      if (Buffer.from(text, "utf16le").length > 2560) throw new Error("Attribute 'password' is longer than the limit");
      entries.set(this.#key, text);
    }
    async deletePassword(): Promise<boolean> {
      return entries.delete(this.#key);
    }
  }
  return { entries, stores, load: () => ({ AsyncEntry }) };
}

const read = async (problem: string, platform: NodeJS.Platform = "linux"): Promise<unknown> =>
  (await openKeyring({ platform, load: fakePackage(problem).load })).readSecret("name");

test("a secret is kept until it is removed", async () => {
  const fake = fakePackage();
  const keyring = await openKeyring({ platform: "linux", load: fake.load });
  expect(await keyring.readSecret("proxy:proxy.example:3128")).toBeUndefined();
  await keyring.storeSecret("proxy:proxy.example:3128", new Secret("first"));
  await keyring.storeSecret("proxy:proxy.example:3128", new Secret("second"));
  expect((await keyring.readSecret("proxy:proxy.example:3128"))?.reveal()).toBe("second");
  expect([...fake.entries.keys()]).toEqual(["sallyport/proxy:proxy.example:3128"]);
  expect(await keyring.removeSecret("proxy:proxy.example:3128")).toBe(true);
  expect(await keyring.removeSecret("proxy:proxy.example:3128")).toBe(false);
});

test("on Linux it is never the kernel's keyring, which forgets at the next start", async () => {
  const fake = fakePackage();
  await (await openKeyring({ platform: "linux", load: fake.load })).readSecret("name");
  expect([...fake.stores]).toEqual(['{"linux":{"store":"secret-service"}}']);
});

test("a secret longer than Windows takes is kept whole, and nothing of it is left behind", async () => {
  const fake = fakePackage();
  const keyring = await openKeyring({ platform: "win32", load: fake.load });
  const long = "geheim ".repeat(900);
  await keyring.storeSecret("login", new Secret(long));
  expect((await keyring.readSecret("login"))?.reveal()).toBe(long);
  await keyring.storeSecret("login", new Secret("short"));
  expect([...fake.entries]).toEqual([["sallyport/login", "short"]]);
  await keyring.storeSecret("login", new Secret(long));
  expect(await keyring.removeSecret("login")).toBe(true);
  expect(fake.entries.size).toBe(0);
});

describe("what is wrong with the keyring is said", () => {
  test("the package is not installed", async () => {
    await expect(openKeyring({ platform: "linux" })).rejects.toMatchObject({
      code: "KEYRING_UNAVAILABLE",
      message: "the keyring is asked for, and the package @napi-rs/keyring, which reads it, is not installed",
      remedy: expect.stringContaining("npm install @napi-rs/keyring@2"),
    });
  });

  test("the package has no build for this machine", async () => {
    const load = (): never => {
      throw new Error("Cannot find native binding.");
    };
    await expect(openKeyring({ platform: "linux", load })).rejects.toMatchObject({
      code: "KEYRING_UNAVAILABLE",
      message: expect.stringContaining("cannot be loaded on this machine"),
    });
  });

  test.each([
    ["Couldn't access platform storage: Secret Service: unlock prompt was dismissed", "linux", "is locked"],
    ["Platform secure storage failure: User interaction is not allowed.", "darwin", "is locked"],
    [
      "Platform failure: DBus error: Using X11 for dbus-daemon autolaunch was disabled at compile time, set your DBUS_SESSION_BUS_ADDRESS instead",
      "linux",
      "no D-Bus session",
    ],
    [
      "Platform failure: DBus error: The name org.freedesktop.secrets was not provided by any .service files",
      "linux",
      "nothing provides the Secret Service",
    ],
    ["Couldn't access platform storage: Secret Service: no result found", "linux", "holds no collection"],
    ["something else", "win32", "the keyring refuses"],
  ] as const)("%s", async (problem, platform, words) => {
    await expect(read(problem, platform)).rejects.toMatchObject({
      code: "KEYRING_UNAVAILABLE",
      message: expect.stringContaining(words),
    });
  });

  test("nobody unlocks it", async () => {
    const silent = {
      AsyncEntry: class {
        getPassword = () => new Promise(() => undefined);
      },
    };
    const keyring = await openKeyring({ platform: "linux", timeout: 10, load: () => silent });
    await expect(keyring.readSecret("name")).rejects.toMatchObject({
      code: "KEYRING_UNAVAILABLE",
      message: expect.stringContaining("did not answer"),
    });
  });
});
