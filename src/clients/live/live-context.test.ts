import { mkdir, mkdtemp, rename, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { certify, party, pkcs8, selfSigned } from "../../base/testing/certificates.js";
import { createSystem } from "../../env/index.js";

import { settingsLoader } from "../context.js";
import { LiveContext } from "./live-context.js";
import type { LiveEvent } from "./types.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sallyport-test-"));
});
afterAll(() => rm(folder, { recursive: true }));

const issuer = party("Rotating CA");
/** The bundle and the bound on a wait are nothing that these tests are about. */
const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 15_000, interval: 20 });

interface Pair {
  readonly cert: string;
  readonly key: string;
}

function issue(name: string): Pair {
  const subject = party(name);
  return { cert: certify({ subject, issuer, host: name }), key: pkcs8(subject) };
}

/** A context of one pair in files, which are watched. */
async function live(name: string, first: Pair, more: object = {}) {
  const paths = { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
  const write = async (pair: Partial<Pair>): Promise<void> => {
    if (pair.cert !== undefined) await writeFile(paths.cert, pair.cert, { mode: 0o600 });
    if (pair.key !== undefined) await writeFile(paths.key, pair.key, { mode: 0o600 });
  };
  await write(first);
  const load = settingsLoader({ source: { variables: { HOME: folder } }, stores: ["bundled"], ...paths, ...more });
  let loads = 0;
  const counted = (): ReturnType<typeof load> => load().finally(() => loads++);
  const context = await LiveContext.open({ load: counted, watch: 50 });
  const events: LiveEvent[] = [];
  context.subscribe((event) => void events.push(event));
  /** Resolves when the settings have been loaded so often: in force or not. */
  const loaded = (times: number): Promise<void> => until(() => expect(loads).toBeGreaterThanOrEqual(times));
  const subject = (): string | undefined => context.current.identities.origins[0]?.subject;
  return { context, events, loaded, paths, write, subject, [Symbol.dispose]: () => context.close() };
}

describe("settings that are watched", () => {
  it("are replaced when their files are, and the context of before stays as it was", async () => {
    using scene = await live("replaced", issue("one"));
    const before = scene.context.current;
    await scene.write(issue("two"));
    await until(() => expect(scene.subject()).toBe("CN=two"));
    expect(before.identities.origins[0]?.subject).toBe("CN=one");
    expect(scene.events.every(({ kind }) => kind === "reloaded")).toBe(true);
  });

  it("take in what the administrators add to the system's store, where that is a file", async () => {
    const store = join(folder, "ca-certificates.crt");
    await writeFile(store, selfSigned(party("Old Office CA")));
    const machine = createSystem();
    const here = (path: string): string => (path === "/etc/ssl/certs/ca-certificates.crt" ? store : path);
    const system = { ...machine, platform: "linux" as const };
    system.readFile = (path) => machine.readFile(here(path));
    system.stat = (path) => machine.stat(here(path));
    using scene = await live("store", issue("one"), { stores: ["system"], system });
    expect(scene.context.current.trust.certificates).toHaveLength(1);
    await writeFile(store, `${selfSigned(party("Old Office CA"))}${selfSigned(party("New Office CA"))}`);
    await until(() => expect(scene.context.current.trust.certificates).toHaveLength(2));
  });

  it("are noticed with a pinned mtime and the same size", async () => {
    const [one, two] = [issue("one"), issue("two")];
    using scene = await live("pinned", one);
    const pinned = new Date("1980-01-01T00:00:00Z");
    await scene.write(two);
    for (const path of Object.values(scene.paths)) await utimes(path, pinned, pinned);
    await until(() => expect(scene.subject()).toBe("CN=two"));
  });

  it("wait for the key where the certificate was written first, and say nothing of it", async () => {
    using scene = await live("steps", issue("one"));
    const two = issue("two");
    await scene.write({ cert: two.cert });
    await scene.loaded(2);
    expect(scene.subject()).toBe("CN=one");
    await scene.write({ key: two.key });
    await until(() => expect(scene.subject()).toBe("CN=two"));
    expect(scene.events.map(({ kind }) => kind)).toEqual(["reloaded"]);
  });

  it("that stay broken leave the old ones in force, are told once, and are replaced by the next change", async () => {
    using scene = await live("broken", issue("one"));
    const before = scene.context.current;
    await scene.write({ cert: issue("other").cert });
    await until(() => expect(scene.events).toHaveLength(1));
    expect(scene.events[0]).toMatchObject({
      kind: "failed",
      asked: false,
      fault: { code: "CERT_KEY_MISMATCH" },
    });
    expect(scene.context.current).toBe(before);
    await scene.write(issue("two"));
    await until(() => expect(scene.subject()).toBe("CN=two"));
    expect(scene.events.map(({ kind }) => kind)).toEqual(["failed", "reloaded"]);
  });

  it("find a config file that was not there at the start", async () => {
    const home = await mkdtemp(join(folder, "home-"));
    const config = join(home, "later.json");
    const load = settingsLoader({ source: { variables: { HOME: home, XDG_CONFIG_HOME: home } }, stores: ["bundled"] });
    const context = await LiveContext.open({ load, watch: 50 });
    await mkdir(join(home, "sallyport"));
    await writeFile(config, JSON.stringify({ proxy: "http://later.example" }), { mode: 0o600 });
    await rename(config, join(home, "sallyport", "config.json"));
    await until(() => expect(context.current.policy.proxy.https?.value).toMatchObject({ kind: "server" }));
    context.close();
  });

  it("take what a broken set of before was waiting for: a file that its config names", async () => {
    const home = await mkdtemp(join(folder, "home-"));
    const config = join(home, "config.json");
    const two = issue("two");
    const later = { cert: join(home, "two.pem"), key: join(home, "two.key") };
    await writeFile(config, "{}");
    const load = settingsLoader({
      source: { variables: { HOME: home, SALLYPORT_CONFIG: config } },
      stores: ["bundled"],
    });
    const context = await LiveContext.open({ load, watch: 50 });
    const events: LiveEvent[] = [];
    context.subscribe((event) => void events.push(event));
    await writeFile(config, JSON.stringify({ identities: [{ hosts: ["a.example"], ...later }] }));
    await until(() => expect(events.map(({ kind }) => kind)).toEqual(["failed"]));
    await writeFile(later.cert, two.cert, { mode: 0o600 });
    await writeFile(later.key, two.key, { mode: 0o600 });
    await until(() => expect(context.current.identities.origins[0]?.subject).toBe("CN=two"));
    context.close();
  });

  it("do not lose an authority while its file is being replaced", async () => {
    const ca = join(folder, "ca.pem");
    await writeFile(ca, selfSigned(issuer));
    using scene = await live("authorities", issue("one"), { ca });
    const { id } = scene.context.current.trust;
    await rm(ca);
    await scene.loaded(2);
    expect(scene.context.current.trust.id).toBe(id);
    const other = party("Next CA");
    await writeFile(ca, selfSigned(other));
    await until(() => expect(scene.context.current.trust.id).not.toBe(id));
    expect(scene.events.map(({ kind }) => kind)).toEqual(["reloaded"]);
  });

  it("notice a file that is rewritten inside a directory of authorities", async () => {
    const caDirectories = await mkdtemp(join(folder, "certs-"));
    await writeFile(join(caDirectories, "a.pem"), selfSigned(issuer));
    using scene = await live("directory", issue("one"), { caDirectories });
    const { id } = scene.context.current.trust;
    await writeFile(join(caDirectories, "a.pem"), selfSigned(party("Next CA")));
    await until(() => expect(scene.context.current.trust.id).not.toBe(id));
  });
});

describe("reload", () => {
  it("is done once for all who ask at the same time, and once more for those who ask when it has begun", async () => {
    let loads = 0;
    const load = settingsLoader({ source: { variables: { HOME: folder } }, stores: ["bundled"] });
    const context = await LiveContext.open({ load: () => (loads++, load()) });
    await Promise.all([context.reload(), context.reload(), context.reload()]);
    expect(loads).toBe(2);
    const first = context.reload();
    await until(() => expect(loads).toBe(3));
    const second = [context.reload(), context.reload()];
    await Promise.all([first, ...second]);
    expect(loads).toBe(4);
  });

  it("rejects with what is wrong, leaves the old settings in force", async () => {
    using scene = await live("asked", issue("one"));
    const before = scene.context.current;
    await writeFile(scene.paths.key, "nonsense", { mode: 0o600 });
    await expect(scene.context.reload()).rejects.toMatchObject({ code: "KEY_FILE_INVALID" });
    expect(scene.context.current).toBe(before);
    expect(scene.events).toMatchObject([{ kind: "failed", asked: true }]);
  });

  it("refuses a certificate for one host that was good and is no longer, although it would stop nothing at the start", async () => {
    const pair = issue("one");
    const paths = { cert: join(folder, "limited.pem"), key: join(folder, "limited.key") };
    await writeFile(paths.cert, pair.cert, { mode: 0o600 });
    await writeFile(paths.key, pair.key, { mode: 0o600 });
    const config = join(folder, "limited.json");
    await writeFile(config, JSON.stringify({ identities: [{ hosts: ["a.example"], ...paths }] }));
    const load = settingsLoader({
      source: { variables: { HOME: folder, SALLYPORT_CONFIG: config } },
      stores: ["bundled"],
    });
    const context = await LiveContext.open({ load });
    await writeFile(paths.cert, issue("two").cert);
    await expect(context.reload()).rejects.toMatchObject({ code: "CERT_KEY_MISMATCH" });
    expect(context.current.identities.origins[0]?.subject).toBe("CN=one");
  });

  it("is harmless once closed", async () => {
    using scene = await live("closed", issue("one"));
    const before = scene.context.current;
    scene.context.close();
    await scene.write(issue("two"));
    await scene.context.reload();
    expect(scene.context.current).toBe(before);
  });

  it("goes by the variables of the start: what a program sets later must not redirect traffic", async () => {
    const variables: Record<string, string> = { HOME: folder };
    const context = await LiveContext.open({ load: settingsLoader({ source: { variables }, stores: ["bundled"] }) });
    variables["HTTPS_PROXY"] = "http://elsewhere.example";
    await context.reload();
    expect(context.current.policy.proxy.https).toBeUndefined();
  });
});
