import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import net, { type AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OwnerCheck } from "../base/system.js";
import { createSystem } from "../env/index.js";
import { gatewayAt, portOf, RawClient } from "./testing/clients.js";

let far: net.Server;
let target: string;
beforeAll(async () => {
  far = net.createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nfar\n"));
  });
  far.listen(0, "127.0.0.1");
  await once(far, "listening");
  target = `127.0.0.1:${(far.address() as AddressInfo).port}`;
});
afterAll(() => far.close());

const connect = (to: string, fields = ""): string => `CONNECT ${to} HTTP/1.1\r\nHost: ${to}\r\n${fields}\r\n`;
const absolute = (to: string): string => `GET http://${to}/ HTTP/1.1\r\nHost: ${to}\r\n\r\n`;

/** What each way of asking is answered first. */
async function answers(gateway: { readonly url: string }, asks: readonly (string | Uint8Array)[]): Promise<string[]> {
  const found: string[] = [];
  for (const ask of asks) {
    await using client = await RawClient.to(gateway);
    found.push((await client.send(ask).bytes(2)) === "HT" ? (await client.bytes(11)).slice(7, 10) : "SOCKS");
  }
  return found;
}

/** SOCKS 5 without a login, to a name that nobody has; and the two bytes that come back. */
async function socks(gateway: { readonly url: string }, methods: readonly number[], login?: string): Promise<number[]> {
  await using client = await RawClient.to(gateway);
  const bytes = async (): Promise<number[]> => [...Buffer.from(await client.bytes(2), "latin1")];
  client.send(Uint8Array.from([5, methods.length, ...methods]));
  const chosen = await bytes();
  if (login === undefined) return chosen;
  client.send(Buffer.from(`\u0001\u0001u${String.fromCharCode(login.length)}${login}`, "latin1"));
  return await bytes();
}

const linux = process.platform === "linux";

describe.skipIf(!linux)("a gateway that knows its clients by their user", () => {
  it("takes the same user's without the token: CONNECT with and without a Host field, absolute form, SOCKS", async () => {
    await using gateway = await gatewayAt(undefined, { sameUser: true });
    expect(gateway.admits).toBe("same-user");
    expect(gateway.snapshot().admits).toBe("same-user");
    const withoutHost = `CONNECT ${target} HTTP/1.1\r\n\r\n`;
    expect(await answers(gateway, [connect(target), withoutHost, absolute(target)])).toEqual(["200", "200", "200"]);
    expect(await socks(gateway, [0])).toEqual([5, 0]);
    // Java offers a login that it does not have.
    expect(await socks(gateway, [0, 2], "")).toEqual([1, 0]);
    expect(gateway.events.filter(({ kind }) => kind === "refused")).toEqual([]);
  });

  it("holds its verdict for a connection's whole life, and reads heads that come in pieces", async () => {
    await using gateway = await gatewayAt(undefined, { sameUser: true });
    await using client = await RawClient.to(gateway);
    client.send("GE");
    await expect.poll(() => gateway.snapshot().listening).toBe(gateway.url);
    client.send(absolute(target).slice(2));
    expect(await client.answer()).toMatch(/^HTTP\/1\.1 200 /);
    expect(await client.send(absolute(target)).answer()).toMatch(/^HTTP\/1\.1 200 /);
  });

  it("refuses wrong tokens, and asks everybody for the token of its own pages, as a web page would come", async () => {
    await using gateway = await gatewayAt(undefined, { sameUser: true });
    const wrong = `Proxy-Authorization: Basic ${Buffer.from("u:of-another-proxy").toString("base64")}\r\n`;
    const page = `GET / HTTP/1.1\r\nHost: 127.0.0.1:${portOf(gateway)}\r\n\r\n`;
    const fromPage = `POST /http://${target}/ HTTP/1.1\r\nHost: 127.0.0.1:${portOf(gateway)}\r\nOrigin: http://evil.example\r\nContent-Length: 0\r\n\r\n`;
    expect(await answers(gateway, [connect(target, wrong), page, fromPage])).toEqual(["407", "401", "404"]);
    expect(await socks(gateway, [0, 2], "x")).toEqual([1, 1]);
  });

  it("asks for it by default, where that is said, and where the system says nothing", async () => {
    const absent = createSystem();
    delete (absent as { owners?: unknown }).owners;
    for (const options of [{}, { sameUser: false }, { sameUser: true, system: absent }]) {
      await using gateway = await gatewayAt(undefined, options);
      expect(gateway.admits).toBe("token");
      expect(await answers(gateway, [connect(target), absolute(target)])).toEqual(["407", "407"]);
      expect(await socks(gateway, [0])).toEqual([5, 255]);
    }
  });

  it("asks nobody who shows the token, and does not learn a head without one by heart", async () => {
    let asked = 0;
    let own = true;
    const owners = async (): Promise<OwnerCheck> => async () => (asked++, own);
    await using gateway = await gatewayAt(undefined, { sameUser: true, system: createSystem({ owners }) });
    const login = `Proxy-Authorization: Bearer ${gateway.token ?? ""}\r\n`;
    expect(await answers(gateway, [connect(target, login)])).toEqual(["200"]);
    expect(asked).toBe(0);
    expect(await answers(gateway, [connect(target)])).toEqual(["200"]);
    own = false;
    expect(await answers(gateway, [connect(target)])).toEqual(["407"]);
    expect(asked).toBe(2);
  });

  it("believes nothing of a connection that was reset meanwhile: its port may be somebody else's by now", async () => {
    const questions = new EventEmitter();
    const check: OwnerCheck = () => new Promise((resolve) => questions.emit("asked", () => resolve(true)));
    const asked = once(questions, "asked");
    await using gateway = await gatewayAt(undefined, {
      sameUser: true,
      system: createSystem({ owners: () => Promise.resolve(check) }),
    });
    const client = await RawClient.to(gateway);
    const blind = new URL(`http://${target}`);
    let reached = 0;
    far.once("connection", () => reached++);
    client.send(absolute(blind.host));
    const [answer] = (await asked) as [() => void];
    client.socket.resetAndDestroy();
    await once(client.socket, "close");
    answer();
    // Whoever comes next is served: by then the one before would have been, too.
    expect(await answers(gateway, [connect(target, `Proxy-Authorization: Bearer ${gateway.token ?? ""}\r\n`)])).toEqual(
      ["200"],
    );
    expect(reached).toBe(1);
    expect(gateway.snapshot().totals.connections).toMatchObject({ connect: 1, forward: 0 });
  });

  it.skipIf(process.getuid?.() !== 0)("refuses another user of the machine, who has the token asked for", async () => {
    await using gateway = await gatewayAt(undefined, { sameUser: true });
    const program = `
      const socket = require("node:net").connect(${portOf(gateway)}, "127.0.0.1", () => socket.write(process.argv[1]));
      socket.on("data", (bytes) => { process.stdout.write(bytes); socket.destroy(); });`;
    const asOther = async (text: string): Promise<string> => {
      const child = spawn(process.execPath, ["-e", program, text], {
        uid: 54_321,
        cwd: "/",
        stdio: ["ignore", "pipe", "inherit"],
      });
      let said = "";
      for await (const chunk of child.stdout) said += String(chunk);
      return said.slice(0, 12);
    };
    const login = `Proxy-Authorization: Bearer ${gateway.token ?? ""}\r\n`;
    expect(await Promise.all([connect(target), absolute(target), connect(target, login)].map(asOther))).toEqual([
      "HTTP/1.1 407",
      "HTTP/1.1 407",
      "HTTP/1.1 200",
    ]);
  });
});
