import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request, type IncomingMessage, type Server } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Enclave } from "../matrix/support/enclave.js";
import { builtCli } from "./support/built.js";

const missing = Enclave.whatIsMissing();
if (missing !== undefined) console.log(`moving networks: SKIPPED, since ${missing}`);

// Of the block for benchmarks (RFC 2544), which nobody routes.
const wires = {
  office: { here: "198.18.78.1", laptop: "198.18.78.2" },
  home: { here: "198.18.79.1", laptop: "198.18.79.2" },
  vpn: { here: "198.18.80.1", laptop: "198.18.80.2" },
} as const;
type Wire = keyof typeof wires;
/** Where a proxy should be: what is sent there gets lost. */
const LOST = "198.18.92.1";
/** A server out in the world. */
const WORLD = "198.18.90.1";
const all = Object.keys(wires) as readonly Wire[];

const ip = (args: readonly string[], input?: string): void =>
  void execFileSync("ip", args, { input, stdio: ["pipe", "ignore", "pipe"] });

/** A network namespace with a wire to each network; which of them are plugged in says where the machine is. */
class Laptop implements Disposable {
  readonly name = `sallyport-laptop-${process.pid}`;

  constructor() {
    try {
      this.#build();
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  #build(): void {
    ip(["netns", "add", this.name]);
    for (const wire of all) {
      const { here } = wires[wire];
      const [outer, inner] = [this.#end(wire), `${this.#end(wire)}i`];
      ip(["link", "add", outer, "type", "veth", "peer", "name", inner, "netns", this.name]);
      ip(["link", "set", outer, "addrgenmode", "none"]);
      ip(["addr", "add", `${here}/30`, "dev", outer]);
      ip(["link", "set", outer, "up"]);
      // On a machine that is a router this wire leads nowhere all the same.
      writeFileSync(`/proc/sys/net/ipv4/conf/${outer}/forwarding`, "0");
      // Wires of containers' making do not count as networks.
      ip(["-netns", this.name, "link", "set", inner, "name", wire]);
      ip(["-netns", this.name, "link", "set", wire, "addrgenmode", "none"]);
    }
    ip(["addr", "add", `${WORLD}/32`, "dev", this.#end("home")]);
    // A wire with nobody at its end counts what is sent there; the address of that nobody is known, so that only connections are.
    ip(["link", "add", this.#hole, "type", "veth", "peer", "name", "hole", "netns", this.name]);
    ip(["link", "set", this.#hole, "addrgenmode", "none"]);
    ip(["-netns", this.name, "link", "set", "hole", "addrgenmode", "none"]);
    writeFileSync(`/proc/sys/net/ipv4/conf/${this.#hole}/forwarding`, "0");
    ip(["link", "set", this.#hole, "up"]);
    ip(["-netns", this.name, "link", "set", "hole", "up"]);
    ip(["-netns", this.name, "neigh", "add", LOST, "lladdr", "02:00:00:00:00:01", "nud", "permanent", "dev", "hole"]);
    ip(["-netns", this.name, "link", "set", "lo", "up"]);
  }

  // At most 15 characters.
  #end = (wire: Wire): string => `sm${process.pid}${wire[0] ?? ""}`;

  readonly #hole = `sm${process.pid}x`;

  /** Packets that were lost so far. */
  get lost(): number {
    return Number(readFileSync(`/sys/class/net/${this.#hole}/statistics/rx_packets`, "utf8"));
  }

  /** In the office there is a proxy and no way out; at home a way out and no proxy; the VPN leads to both. */
  move(to: Wire): void {
    const { office, home, vpn } = wires;
    const leave = all.map((wire) => `addr flush dev ${wire}\nlink set ${wire} down`);
    const unreachable = (verb: "replace" | "del"): string => `route ${verb} unreachable ${office.here}/32`;
    const lost = `route replace ${LOST}/32 dev hole`;
    const enter = (wire: Wire): string => `link set ${wire} up\naddr add ${wires[wire].laptop}/30 dev ${wire}`;
    const atHome = [enter("home"), `route add default via ${home.here} metric 100`];
    const steps: Record<Wire, readonly string[]> = {
      office: [...leave, unreachable("replace"), unreachable("del"), enter("office"), lost],
      // As a home's router says it of addresses that it does not know.
      home: [...leave, ...atHome, unreachable("replace")],
      vpn: [enter("vpn"), `route add default via ${vpn.here} metric 50`, unreachable("del")],
    };
    ip(["-netns", this.name, "-force", "-batch", "-"], steps[to].join("\n"));
  }

  [Symbol.dispose](): void {
    // The wires go with the namespace that their other ends are in.
    spawnSync("ip", ["netns", "delete", this.name]);
    for (const end of [...all.map(this.#end), this.#hole]) spawnSync("ip", ["link", "delete", end]);
  }
}

/** Whom each server saw, in the order in which they came. */
const seen = { world: [] as string[], proxy: [] as string[], pac: 0 };
const peer = ({ socket }: IncomingMessage): string => socket.remoteAddress ?? "";
const servers: Server[] = [];

async function listening(server: Server, address: string): Promise<number> {
  servers.push(server);
  server.listen(0, address);
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const world = createServer((asked, answer) => {
  seen.world.push(peer(asked));
  answer.end(`hello ${asked.url ?? ""}`);
});
const proxy = createServer().on("connect", (asked, client: Socket) => {
  seen.proxy.push(peer(asked));
  const [host, port] = (asked.url ?? "").split(":");
  const upstream = connect(Number(port), host, () => {
    client.write("HTTP/1.1 200 OK\r\n\r\n");
    client.pipe(upstream).pipe(client);
  });
  for (const socket of [client, upstream]) socket.on("error", () => undefined);
  client.once("close", () => upstream.destroy());
});
let pacIsBroken = false;
/** What the PAC file names before the proxy. */
let pacBegins = "";

describe.skipIf(missing !== undefined)(
  "a gateway on a laptop that goes from the office to its home, into a VPN, and back",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "sallyport-moving-"));
    const socketPath = join(folder, "gateway.sock");
    /** For a set-up that ends midway, too. */
    const undo: (() => unknown)[] = [];
    let laptop: Laptop;
    let gateway: ChildProcess;
    let said: Interface;
    let target = "";

    beforeAll(async () => {
      laptop = new Laptop();
      undo.push(() => laptop[Symbol.dispose]());
      target = `${WORLD}:${await listening(world, WORLD)}`;
      const proxyPort = await listening(proxy, wires.office.here);
      const pac = createServer((_asked, answer) => {
        seen.pac++;
        if (pacIsBroken) return void answer.writeHead(503).end();
        answer.end(`function FindProxyForURL() { return "${pacBegins}PROXY ${wires.office.here}:${proxyPort}"; }`);
      });
      const pacPort = await listening(pac, wires.office.here);
      laptop.move("office");
      const command = [process.execPath, builtCli, "gateway", "--listen", `unix:${socketPath}`, "--no-token", "--json"];
      gateway = spawn("ip", ["netns", "exec", laptop.name, ...command], {
        env: {
          PATH: process.env["PATH"],
          HOME: folder,
          SALLYPORT_CERT_STORE: "bundled",
          SALLYPORT_PAC_URL: `http://${wires.office.here}:${pacPort}/proxy.pac`,
          SALLYPORT_PAC_FALLBACK: "direct",
        },
        stdio: ["ignore", "pipe", "pipe"],
      });
      undo.push(async () => {
        gateway.kill();
        if (gateway.exitCode === null) await once(gateway, "exit");
      });
      said = createInterface(gateway.stderr as NodeJS.ReadableStream);
      await once(gateway.stdout as NodeJS.ReadableStream, "data");
    });
    afterAll(async () => {
      for (const step of undo.toReversed()) await step();
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
      rmSync(folder, { recursive: true, force: true });
    });

    /** Carries the laptop there; resolves when the gateway has said so. */
    async function move(to: Wire): Promise<void> {
      const told = (async () => {
        for (;;) if (String(await once(said, "line")).startsWith("this machine is in another network")) return;
      })();
      laptop.move(to);
      await told;
      seen.world.length = 0;
      seen.proxy.length = 0;
    }

    async function tunnel(): Promise<Socket> {
      const asking = request({ socketPath, method: "CONNECT", path: target, headers: { host: target } }).end();
      const [answer, socket] = (await once(asking, "connect")) as [IncomingMessage, Socket];
      expect(answer.statusCode, String(answer.headers["sallyport-fault"])).toBe(200);
      return socket;
    }

    async function ask(socket: Socket, path: string): Promise<string> {
      const answering = request({ createConnection: () => socket, path, headers: { connection: "keep-alive" } }).end();
      const [answer] = (await once(answering, "response")) as [IncomingMessage];
      let text = "";
      for await (const chunk of answer.setEncoding("utf8")) text += String(chunk);
      return text;
    }

    /** Three at once and one after them, each on a connection of its own; the last one's stays open. */
    async function requests(): Promise<Socket> {
      const one = async (path: string): Promise<Socket> => {
        const socket = await tunnel();
        expect(await ask(socket, path)).toBe(`hello ${path}`);
        return socket;
      };
      for (const socket of await Promise.all(["/a", "/b", "/c"].map(one))) socket.destroy();
      return one("/d");
    }
    const four = (address: string): readonly string[] => Array.from({ length: 4 }, () => address);

    test("loses no request that begins after it has said so, and each goes out the way of the network that it is in", async () => {
      const inOffice = await requests();
      expect(seen).toMatchObject({ proxy: four(wires.office.laptop), world: four(WORLD), pac: 1 });

      // The PAC file is out of reach, and so is the proxy that its last copy names: direct, as the settings have it.
      await move("home");
      // What was open in the office is told to whoever holds it, who would wait for an answer otherwise.
      if (!inOffice.closed) await once(inOffice.resume(), "close");
      await requests();
      expect(seen).toMatchObject({ proxy: [], world: four(wires.home.laptop), pac: 1 });

      await move("vpn");
      const inVpn = await requests();
      expect(seen).toMatchObject({ proxy: four(wires.vpn.laptop), world: four(WORLD), pac: 2 });

      // The PAC file cannot be had for a moment: the last good one is in use until it can be had again.
      pacIsBroken = true;
      await move("office");
      if (!inVpn.closed) await once(inVpn.resume(), "close");
      await requests();
      expect(seen).toMatchObject({ proxy: four(wires.office.laptop), world: four(WORLD), pac: 3 });
      pacIsBroken = false;
      await expect.poll(async () => (await requests()).destroy() && seen.pac, { timeout: 10_000 }).toBe(4);
    });

    test("sends no request to a proxy that got lost with the network before: it has asked for it meanwhile", async () => {
      await move("home");
      pacBegins = `PROXY ${LOST}:3128; `;
      const before = laptop.lost;
      await move("office");
      // Three at once and one after them, which would be four packets if they tried it; what asks for it gives up after a second.
      await requests();
      expect(seen).toMatchObject({ proxy: four(wires.office.laptop), world: four(WORLD) });
      expect(laptop.lost - before).toBeGreaterThan(0);
      expect(laptop.lost - before).toBeLessThan(3);
    });
  },
);
