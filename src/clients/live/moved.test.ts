import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createTcpServer, type AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { party, selfSigned } from "../../base/testing/certificates.js";
import { createSystem, readEnvironment, type OsProxySettings } from "../../env/index.js";
import type { NetworkView, System } from "../../base/system.js";
import { loadSettings } from "../context.js";
import { createNetwork, withIdentity } from "../network.js";
import type { IdentityChoice } from "../own-identity.js";
import { LiveContext } from "./live-context.js";
import type { LiveEvent } from "./types.js";

const view = (mark: string): NetworkView => ({ mark, isOffline: false, addresses: new Set(["127.0.0.1"]) });

function laptop() {
  const place = { view: view("office") };
  const system: System = createSystem({ network: () => Promise.resolve(() => place.view) });
  /** Until a change has settled. */
  const move = async (to: string): Promise<void> => {
    place.view = view(to);
    await vi.advanceTimersByTimeAsync(2000);
  };
  return { system, move };
}

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

describe("settings in another network", () => {
  async function opened(osProxy?: () => OsProxySettings | undefined) {
    const { system, move } = laptop();
    let loads = 0;
    const trouble: { fault?: Error } = {};
    const load: Parameters<typeof LiveContext.open>[0]["load"] = () => {
      loads++;
      if (trouble.fault !== undefined) return Promise.reject(trouble.fault);
      const environment = readEnvironment({ variables: {}, home: "/nonexistent", ...(osProxy && { osProxy }) });
      return loadSettings({ system, stores: ["bundled"], source: { environment } });
    };
    const live = await LiveContext.open({ load, network: true });
    // The first look is taken as soon as what looks is loaded.
    await vi.dynamicImportSettled();
    const events: LiveEvent[] = [];
    live.subscribe((event) => void events.push(event));
    const proxy = (): string | undefined => {
      const { value } = live.current.policy.proxy.https ?? {};
      return value?.kind === "server" ? value.server.host : value?.kind;
    };
    return { live, events, move, proxy, trouble, loads: () => loads, [Symbol.dispose]: () => live.close() };
  }
  const from = (host: string): OsProxySettings => ({
    from: "GNOME's settings",
    https: { protocol: "http", address: `${host}:3128` },
    exceptions: [],
  });

  it("are another context, and nothing of them is read again: that may run commands which ask for a password", async () => {
    using scene = await opened(() => from("office.example"));
    const { current } = scene.live;
    await scene.move("home");
    expect(scene.events).toEqual([{ kind: "reloaded", by: "network" }]);
    expect(scene.live.current).not.toBe(current);
    expect(scene.live.current).toMatchObject({ trust: current.trust, policy: current.policy });
    expect(scene.loads()).toBe(1);
  });

  it("are loaded again where the operating system has other proxies there, or none, and told once", async () => {
    let os: OsProxySettings | undefined = from("office.example");
    using scene = await opened(() => os);
    expect(scene.proxy()).toBe("office.example");
    os = undefined;
    await scene.move("home");
    expect(scene.proxy()).toBeUndefined();
    os = from("vpn.example");
    await scene.move("VPN");
    expect(scene.proxy()).toBe("vpn.example");
    const told = { kind: "reloaded", by: "network" };
    expect(scene.events).toEqual([told, told]);
    expect(scene.loads()).toBe(3);
  });

  it("stay as they are where the operating system cannot be asked just then", async () => {
    let os = from("office.example");
    using scene = await opened(() => os);
    os = {
      from: "the operating system",
      exceptions: [],
      problem: { kind: "command", command: "gsettings", code: "E" },
    };
    await scene.move("home");
    expect(scene.proxy()).toBe("office.example");
    expect(scene.events).toEqual([{ kind: "reloaded", by: "network" }]);
  });

  it("stay where they cannot be loaded, which is told, and go by the new network all the same", async () => {
    let os = from("office.example");
    using scene = await opened(() => os);
    const { current } = scene.live;
    os = from("vpn.example");
    scene.trouble.fault = new Error("no");
    await scene.move("VPN");
    expect(scene.events).toMatchObject([
      { kind: "failed", fault: { code: "CONFIG_INVALID" }, asked: false },
      { kind: "reloaded", by: "network" },
    ]);
    expect(scene.live.current).not.toBe(current);
  });

  it("are as they were where the network cannot be looked at", async () => {
    const system = createSystem({ network: () => Promise.reject(new Error("no right to read files")) });
    const load = (): ReturnType<typeof loadSettings> =>
      loadSettings({ system, stores: ["bundled"], source: { variables: { HOME: "/nonexistent" } } });
    const live = await LiveContext.open({ load, network: true });
    await vi.dynamicImportSettled();
    const { current } = live;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(live.current).toBe(current);
    live.close();
  });

  it("are left alone once they are closed", async () => {
    using scene = await opened();
    const { current } = scene.live;
    scene.live.close();
    await scene.move("home");
    expect(scene.live.current).toBe(current);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a network that follows the machine", () => {
  interface Options {
    readonly watch?: boolean;
    readonly followNetwork?: boolean;
    readonly identity?: IdentityChoice;
    readonly passphrases?: string[];
  }

  async function connectionsOf({ identity, passphrases, ...options }: Options): Promise<number> {
    const { system: machine, move } = laptop();
    const system: System = {
      ...machine,
      run: (command) => Promise.resolve(passphrases?.push(String(command)) === undefined ? "" : "hunter2"),
    };
    let connections = 0;
    const server = createServer((_request, response) => void response.end("here"));
    server.on("connection", () => connections++).listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const source = { variables: { HOME: "/nonexistent" } };
    const parent = await createNetwork({ system, stores: ["bundled"], source, ...options });
    const network = identity === undefined ? parent : await withIdentity(parent, identity);
    await vi.dynamicImportSettled();
    await (await network.fetch(url)).text();
    await (await network.fetch(url)).text();
    expect(connections).toBe(1);
    await move("home");
    await (await network.fetch(url)).text();
    await parent.destroy();
    server.closeAllConnections();
    server.close();
    return connections;
  }

  it("uses no connection of the network before, once that is asked for, or files are watched", async () => {
    expect(await connectionsOf({ followNetwork: true })).toBe(2);
    expect(await connectionsOf({ watch: true })).toBe(2);
  });

  it("has those that were made from it go along, and no passphrase is asked for again", async () => {
    const subject = party("alice");
    const key = subject.key
      .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "hunter2" })
      .toString();
    const passphrases: string[] = [];
    const identity = { cert: selfSigned(subject), key, passphrase: { command: "ask for it" } };
    expect(await connectionsOf({ followNetwork: true, identity, passphrases })).toBe(2);
    expect(passphrases).toEqual(["ask for it"]);
  });

  it("asks for the proxies of the PAC answers in use before anybody needs them, and sends them nothing", async () => {
    const { system, move } = laptop();
    const got: string[] = [];
    const proxy = createTcpServer((socket) => {
      got.push("");
      socket.on("data", (bytes) => got.push(String(bytes)));
    }).listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const { port } = proxy.address() as AddressInfo;
    const pac = `data:,function FindProxyForURL() { return "PROXY 127.0.0.1:${port}; DIRECT"; }`;
    const source = { variables: { HOME: "/nonexistent" } };
    const network = await createNetwork({ system, stores: ["bundled"], source, pac, followNetwork: true });
    await vi.dynamicImportSettled();
    await network.route("https://api.example.com/");
    expect(got).toEqual([]);
    await move("home");
    await expect.poll(() => got, { timeout: 10_000 }).toEqual([""]);
    await network.route("https://api.example.com/");
    await move("office");
    await expect.poll(() => got, { timeout: 10_000 }).toEqual(["", ""]);
    await network.destroy();
    proxy.close();
  });

  it("does not where it is switched off, or nobody has asked for it", async () => {
    expect(await connectionsOf({ watch: true, followNetwork: false })).toBe(1);
    expect(await connectionsOf({})).toBe(1);
  });
});
