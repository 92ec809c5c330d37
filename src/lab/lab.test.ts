import { execFile } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { bundleForNode } from "../../scripts/bundle-for-node.mjs";
import { labVariables, startLab, startStandardLab } from "./index.js";
import {
  certificateOf,
  dial,
  echoOf,
  failureOf,
  readAll,
  requestTunnel,
  send,
  sendOn,
  startTls,
  trustOf,
  basic,
} from "./testing/clients.js";

describe("startLab", () => {
  it("leaves nothing behind when it is closed", async () => {
    const lab = await startLab();
    const origin = await lab.origin();
    const proxy = await lab.proxy();
    const idle = await dial(proxy.port);
    const ended = readAll(idle);
    expect(existsSync(lab.files.rootCa)).toBe(true);
    await lab.close();
    await ended;
    expect(existsSync(lab.directory)).toBe(false);
    expect(await failureOf(dial(origin.port))).toBe("ECONNREFUSED");
    await expect(lab.origin()).rejects.toThrow("this lab is closed");
    await lab.close();
  });

  it("lets its process exit by itself, and removes its files even when it was not closed", async () => {
    const directory = await mkdtemp(join(tmpdir(), "sallyport-test-"));
    const script = join(directory, "script.mjs");
    const source = `
      import { startLab } from "./index.ts";
      const closed = await startLab();
      const origin = await closed.origin({ fault: "never-answers" });
      await closed.proxy({ inspect: true });
      fetch(origin.directUrl.replace("https", "http")).catch(() => {});
      await closed.log.waitFor((event) => event.kind === "accept");
      await closed.close();
      const forgotten = await startLab();
      console.log(forgotten.directory);
    `;
    await bundleForNode({
      stdin: { contents: source, resolveDir: dirname(fileURLToPath(import.meta.url)), loader: "ts" },
      outfile: script,
    });
    const { stdout } = await promisify(execFile)(process.execPath, [script], { timeout: 15_000 });
    expect(stdout).toMatch(/sallyport-lab-/);
    expect(existsSync(stdout.trim())).toBe(false);
    await rm(directory, { recursive: true });
  });

  it("is an async disposable, and so are its parts", async () => {
    const lab = await startLab();
    const origin = await lab.origin();
    await origin[Symbol.asyncDispose]();
    expect(await failureOf(dial(origin.port))).toBe("ECONNREFUSED");
    await lab[Symbol.asyncDispose]();
    expect(existsSync(lab.directory)).toBe(false);
  });
});

describe("the files", () => {
  it("are what their names say, and keys are their owner's alone", async () => {
    await using lab = await startLab();
    const { files } = lab;
    const read = (path: string) => readFileSync(path, "utf8");
    const subjects = (path: string) =>
      (read(path).match(/-----BEGIN[^]*?-----END CERTIFICATE-----/g) ?? []).map(
        (pem) => new X509Certificate(pem).subject,
      );
    expect(subjects(files.bundle)).toEqual(["O=Lab\nCN=Lab Root CA", "CN=Lab Inspector CA"]);
    expect(subjects(files.intermediateCa)).toEqual(["O=Lab\nCN=Lab Intermediate CA"]);
    expect(subjects(files.client.cert)).toEqual(["O=Lab\nCN=alice", "CN=Lab Client Issuing CA"]);
    expect(subjects(files.wrongClient.cert)).toEqual(["O=Lab\nCN=mallory"]);
    expect(subjects(files.expiredClient.cert)[0]).toBe("O=Lab\nCN=alice-expired");
    for (const client of [files.client, files.wrongClient, files.expiredClient]) {
      const certificate = new X509Certificate(read(client.cert));
      expect(certificate.checkPrivateKey(createPrivateKey(read(client.key)))).toBe(true);
      expect(
        certificate.checkPrivateKey(createPrivateKey({ key: read(client.encryptedKey), passphrase: files.passphrase })),
      ).toBe(true);
      expect([client.key, client.encryptedKey, client.cert].map((path) => statSync(path).mode & 0o777)).toEqual([
        0o600, 0o600, 0o644,
      ]);
    }
    expect(statSync(lab.directory).mode & 0o777).toBe(0o700);
  });
});

describe("the client's lookup", () => {
  const ask = (
    lab: Awaited<ReturnType<typeof startLab>>,
    name: string,
    options: { all?: boolean; family?: number } = {},
  ) =>
    new Promise((resolve, reject) => {
      lab.lookup(name, options, (error, address) => (error === null ? resolve(address) : reject(error)));
    });

  it("knows loopback and inside names, and nothing of the outside", async () => {
    await using lab = await startLab();
    await lab.origin({ name: "six.inside.test", address: "::1" });
    expect(await ask(lab, "localhost")).toBe("127.0.0.1");
    expect(await ask(lab, "a.localhost", { family: 6 })).toBe("::1");
    expect(await ask(lab, "Any.Inside.Test", { all: true })).toEqual([
      { address: "127.0.0.1", family: 4 },
      { address: "::1", family: 6 },
    ]);
    expect(await ask(lab, "six.inside.test")).toBe("::1");
    for (const name of ["api.lab.test", "www.example.com"]) expect(await failureOf(ask(lab, name))).toBe("ENOTFOUND");
    expect(lab.log.of("client", "resolve").map(({ name, ok }) => [name, ok])).toEqual([
      ["localhost", true],
      ["a.localhost", true],
      ["any.inside.test", true],
      ["six.inside.test", true],
      ["api.lab.test", false],
      ["www.example.com", false],
    ]);
  });
});

describe("the log", () => {
  it("numbers its events, finds them past and to come, and forgets on demand", async () => {
    await using lab = await startLab();
    const origin = await lab.origin({ tls: false });
    const coming = lab.log.waitFor((event) => event.kind === "request");
    await send(origin.directUrl);
    expect(await coming).toEqual(await lab.log.waitFor((event) => event.kind === "request"));
    await lab.log.waitFor((event) => event.kind === "close");
    expect(lab.log.of(origin.name).map((event) => [event.seq, event.kind])).toEqual([
      [1, "accept"],
      [2, "request"],
      [3, "close"],
    ]);
    lab.log.clear();
    expect(lab.log.events).toEqual([]);
    await send(origin.directUrl);
    expect(lab.log.events[0]?.seq).toBe(4);
  });

  it("says what it holds when an event does not come", async () => {
    await using lab = await startLab();
    const origin = await lab.origin({ tls: false, name: "quiet.lab.test" });
    await send(origin.directUrl);
    await expect(lab.log.waitFor((event) => event.kind === "connect", 1)).rejects.toThrow(
      /no such event in 1 ms; the log holds: quiet\.lab\.test accept, quiet\.lab\.test request/,
    );
  });
});

describe("startStandardLab", () => {
  it("sets up an office in which everything works", async () => {
    await using lab = await startStandardLab();
    const ca = trustOf(lab);
    const authorization = basic(lab.login.username, lab.login.password);
    const alice = certificateOf(lab.files.client);

    expect((await requestTunnel(lab.basic, "api.lab.test:443")).status).toBe(407);
    const tunnel = await requestTunnel(lab.basic, "api.lab.test:443", { authorization });
    expect(
      echoOf(await sendOn(await startTls(tunnel.socket, { ca, servername: "api.lab.test" }), lab.api.url)).origin,
    ).toBe("api.lab.test");

    const hop = await startTls(await dial(lab.strict.port), { ca, servername: "localhost" });
    const inner = await requestTunnel(lab.strict, "mtls.lab.test:443", { on: hop, authorization });
    const mtls = await startTls(inner.socket, { ca, servername: "mtls.lab.test", ...alice });
    expect(echoOf(await sendOn(mtls, lab.mtls.url))).toMatchObject({ peer: "alice", tls: { version: "TLSv1.3" } });

    expect(echoOf(await send(lab.inside.url, { ca, lookup: lab.lookup })).origin).toBe("intranet.inside.test");
    const absolute = await send(lab.basic.url, {
      path: "http://plain.lab.test/",
      headers: { "Proxy-Authorization": authorization },
    });
    expect(echoOf(absolute).origin).toBe("plain.lab.test");
    expect(lab.proxies.map((proxy) => proxy.name)).toEqual(["basic", "over-tls", "inspector", "socks", "strict"]);
  });
});

describe("labVariables", () => {
  it("points a program at the lab, with the login in the URL and the encrypted key", async () => {
    await using lab = await startLab();
    const proxy = await lab.proxy({ login: { username: "alice", password: "p@ss#w%rd" } });
    expect(labVariables(lab, proxy, { noProxy: ".inside.test" })).toEqual({
      HTTPS_PROXY: `http://alice:p%40ss%23w%25rd@localhost:${proxy.port}`,
      HTTP_PROXY: `http://alice:p%40ss%23w%25rd@localhost:${proxy.port}`,
      NO_PROXY: ".inside.test",
      NODE_EXTRA_CA_CERTS: lab.files.bundle,
      CLAUDE_CODE_CLIENT_CERT: lab.files.client.cert,
      CLAUDE_CODE_CLIENT_KEY: lab.files.client.encryptedKey,
      CLAUDE_CODE_CLIENT_KEY_PASSPHRASE: lab.files.passphrase,
    });
  });

  it("leaves out what is not wanted", async () => {
    await using lab = await startLab();
    expect(labVariables(lab, undefined, { clientCertificate: false, trust: false })).toEqual({});
    expect(
      labVariables(lab, undefined, { clientCertificate: false, trust: false, proxyClientCertificate: true }),
    ).toEqual({
      SALLYPORT_PROXY_CLIENT_CERT: lab.files.client.cert,
      SALLYPORT_PROXY_CLIENT_KEY: lab.files.client.encryptedKey,
      SALLYPORT_PROXY_CLIENT_KEY_PASSPHRASE: lab.files.passphrase,
    });
  });
});
