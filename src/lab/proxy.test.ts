import { once } from "node:events";
import { connect as connectTls } from "node:tls";
import { describe, expect, it } from "vitest";
import {
  basic,
  certificateOf,
  dial,
  echoOf,
  failureOf,
  readHead,
  requestTunnel,
  send,
  sendOn,
  startTls,
} from "./testing/clients.js";
import { ownLab } from "./testing/own-lab.js";

const login = { username: "alice", password: "p@ss:w#rd%" };

const { lab, ca } = await ownLab();
const api = await lab.origin({ name: "api.lab.test" });
await lab.origin({ name: "plain.lab.test", tls: false });

describe("a proxy over TLS", () => {
  it("has a certificate of its own, for its own names", async () => {
    const proxy = await lab.proxy({ protocol: "https", login });
    expect(proxy.url).toBe(`https://localhost:${proxy.port}`);
    const hop = connectTls({ host: "127.0.0.1", port: proxy.port, servername: "proxy.lab.test", ca });
    await once(hop, "secureConnect");
    const { socket, status } = await requestTunnel(proxy, "api.lab.test:443", {
      on: hop,
      authorization: basic(login.username, login.password),
    });
    expect(status).toBe(200);
    const echo = echoOf(await sendOn(await startTls(socket, { ca, servername: "api.lab.test" }), api.url));
    expect(echo.origin).toBe("api.lab.test");
    expect(lab.log.of(proxy.name, "tls")).toMatchObject([{ servername: "proxy.lab.test", peer: undefined }]);
  });

  it("shows in the log that a client gave its certificate away", async () => {
    const proxy = await lab.proxy({ protocol: "https" });
    const hop = connectTls({
      host: "127.0.0.1",
      port: proxy.port,
      servername: "localhost",
      ca,
      ...certificateOf(lab.files.client),
    });
    await once(hop, "secureConnect");
    await requestTunnel(proxy, "api.lab.test:443", { on: hop });
    hop.destroy();
    expect(lab.log.of(proxy.name, "tls")).toMatchObject([{ peer: "alice" }]);
  });

  it("can demand a client certificate", async () => {
    const proxy = await lab.proxy({ protocol: "https", clientCertificate: "required" });
    expect(await failureOf(send(`${proxy.url}/`, { ca }))).toBe("ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED");
    await lab.log.waitFor((event) => event.by === proxy.name && event.kind === "tls-failed");
    expect(
      (await send(`${proxy.url}/`, { ca, ...certificateOf(lab.files.client), path: "http://plain.lab.test/" })).status,
    ).toBe(200);
  });

  it.each([
    ["expired", "CERT_HAS_EXPIRED"],
    ["wrong-name", "ERR_TLS_CERT_ALTNAME_INVALID"],
    ["untrusted-root", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
  ] as const)("can show a certificate that is %s", async (certificate, code) => {
    const proxy = await lab.proxy({ protocol: "https", certificate });
    expect(await failureOf(send(proxy.url, { ca }))).toBe(code);
  });
});

describe("a proxy's address", () => {
  it("carries the login percent-encoded", async () => {
    const proxy = await lab.proxy({ login });
    const url = new URL(proxy.urlWithLogin);
    expect([url.username, url.password].map(decodeURIComponent)).toEqual([login.username, login.password]);
    expect(proxy.urlWithLogin).toBe(`http://alice:p%40ss%3Aw%23rd%25@localhost:${proxy.port}`);
    const open = await lab.proxy();
    expect(open.urlWithLogin).toBe(open.url);
  });

  it("may be ::1", async () => {
    const proxy = await lab.proxy({ address: "::1" });
    const socket = await dial(proxy.port, "::1");
    socket.write("CONNECT api.lab.test:443 HTTP/1.1\r\nHost: x\r\n\r\n");
    expect(await readHead(socket)).toMatch(/^HTTP\/1\.1 200 /);
    socket.destroy();
  });

  it("refuses options that do not go together", async () => {
    await expect(lab.proxy({ protocol: "socks", inspect: true })).rejects.toThrow("a SOCKS proxy does not inspect");
    await expect(lab.proxy({ clientCertificate: "required" })).rejects.toThrow("only an https proxy");
  });
});
