import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe } from "vitest";
import { builtCli } from "./support/built.js";
import { byEveryWay, startEveryWay } from "./support/every-way.js";
import { startCntlm } from "./support/cntlm.js";
import { execute, type Ran } from "./support/execute.js";
import { kerberosPackage, startRealm, type Realm } from "./support/kerberos.js";
import { openNetwork, type Network } from "./support/network.js";
import { findProgram } from "./support/programs.js";
import { startSchemeSquid, type SchemeSquid } from "./support/scheme-squid.js";
import { expect, origin, proxyUrl, test, trustRoot, type Scene } from "./support/scene.js";
import { startWinbind, type Winbind } from "./support/winbind.js";

const password = "pa55 w0rd";

const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** What goes through a proxy in its two ways: a tunnel, and a request in absolute form. */
async function reach(network: Network, { site: { nginx } }: Scene): Promise<readonly unknown[]> {
  const tunnelled = await network.fetch(origin(nginx.tls));
  await tunnelled.text();
  const forwarded = await new Promise<number | undefined>((resolve, reject) => {
    const request = http.get(`http://origin.test:${nginx.plain}/`, { agent: network.agents.http });
    request.on("response", (answer) => text(answer).then(() => resolve(answer.statusCode), reject));
    request.on("error", reject);
  });
  const fetched = await network.fetch(`http://origin.test:${nginx.plain}/`);
  await fetched.text();
  return [tunnelled.status, forwarded, fetched.status];
}

/** Statuses that squid wrote down, without the refusals that are part of a handshake. */
async function served({ log }: SchemeSquid, method: string): Promise<readonly unknown[]> {
  await log.waitFor(`a ${method} that was let in`, (line) => line.method === method && line.status === "200");
  return (await log.lines()).filter((line) => line.method === method && line.status === "200").map(({ user }) => user);
}

describe("a login by Digest at squid", () => {
  let squid: SchemeSquid | undefined;
  beforeAll(async () => {
    const ha1 = createHash("md5").update(`alice:corp:${password}`).digest("hex");
    squid = await startSchemeSquid({
      scheme: (helpers, at) =>
        `auth_param digest program ${helpers}/digest_file_auth -c ${at("digest")}\nauth_param digest children 2 startup=1\nauth_param digest realm corp\nauth_param digest nonce_max_count 3`,
      files: { digest: `alice:corp:${ha1}\n` },
    });
  });
  afterAll(() => squid?.[Symbol.asyncDispose]());

  test("lets fetch, an agent and a program under run in, again when the nonce is used up, and in both ways", async ({
    scene,
    skip,
  }) => {
    const proxy = squid ?? skip("squid is missing");
    const variables = {
      HTTPS_PROXY: proxyUrl(proxy.port, { username: "alice", password }),
      HTTP_PROXY: "",
      ...trustRoot(scene),
    };
    variables.HTTP_PROXY = variables.HTTPS_PROXY;
    await using network = await openNetwork(variables);
    for (let times = 0; times < 3; times++) expect(await reach(network, scene)).toEqual([200, 200, 200]);
    // curl would send the password by Basic, as the URL has it.
    await using program = startEveryWay({ ...variables, SALLYPORT_PROXY_AUTH: "digest" });
    expect(await program.ask(`http://origin.test:${scene.site.nginx.plain}/`)).toEqual(byEveryWay(200));
    expect(await program.ask(origin(scene.site.nginx.tls))).toEqual(byEveryWay(200));
    await program[Symbol.asyncDispose]();
    expect(new Set([...(await served(proxy, "GET")), ...(await served(proxy, "CONNECT"))])).toEqual(new Set(["alice"]));
  });

  test("is tried once where the password is wrong", async ({ scene, skip }) => {
    const proxy = squid ?? skip("squid is missing");
    await proxy.log.mark();
    const url = proxyUrl(proxy.port, { username: "alice", password: "wrong" });
    await using network = await openNetwork({ HTTPS_PROXY: url, ...trustRoot(scene) });
    const ask = (): Promise<unknown> => network.fetch(origin(scene.site.nginx.tls)).catch((error: unknown) => error);
    for (let times = 0; times < 3; times++)
      expect(await ask()).toMatchObject({ cause: { code: "PROXY_AUTH_REJECTED" } });
    const lines = await proxy.log.lines();
    expect(lines.filter(({ login }) => login?.startsWith("Digest") === true)).toHaveLength(1);
  });
});

describe("a login by NTLM at squid, which samba checks", () => {
  let winbind: Winbind | undefined;
  let squid: SchemeSquid | undefined;
  beforeAll(async () => {
    winbind = await startWinbind(password);
    const helper = winbind?.helper;
    if (helper === undefined) return;
    squid = await startSchemeSquid({
      scheme: () =>
        `auth_param ntlm program ${helper}\nauth_param ntlm children 2 startup=1\nauth_param ntlm keep_alive on`,
    });
  });
  afterAll(async () => {
    await squid?.[Symbol.asyncDispose]();
    await winbind?.[Symbol.asyncDispose]();
  });

  test.for(["LAB\\", ""])(
    "lets a user %j… in, in both ways, and curl as the control",
    async (domain, { scene, skip }) => {
      const proxy = squid ?? skip("winbindd cannot run here");
      const username = `${domain}${winbind?.user ?? ""}`;
      const url = proxyUrl(proxy.port, { username, password });
      const control = await execute(
        [
          "curl",
          "-sS",
          "-o",
          "/dev/null",
          "-w",
          "%{http_connect}",
          "--proxy-ntlm",
          "-x",
          `http://localhost:${proxy.port}`,
          "-U",
          `${username}:${password}`,
          "-k",
          origin(scene.site.nginx.tls),
        ],
        { PATH: path, HOME: "/nonexistent" },
      );
      expect(control.stdout).toBe("200");
      await using network = await openNetwork({ HTTPS_PROXY: url, HTTP_PROXY: url, ...trustRoot(scene) });
      expect(await reach(network, scene)).toEqual([200, 200, 200]);
      expect(await reach(network, scene)).toEqual([200, 200, 200]);
    },
  );

  test("lets cntlm in, whose NTLM is its own, and our client through cntlm", async ({ scene, skip }) => {
    const proxy = squid ?? skip("winbindd cannot run here");
    const user = winbind?.user ?? "";
    await using cntlm =
      (await startCntlm({ proxy: proxy.port, user, domain: "LAB", password })) ?? skip("cntlm is missing");
    await proxy.log.mark();
    const url = `http://localhost:${cntlm.port}`;
    await using network = await openNetwork({ HTTPS_PROXY: url, HTTP_PROXY: url, ...trustRoot(scene) });
    expect(await reach(network, scene)).toEqual([200, 200, 200]);
    // Of a tunnel squid writes when it ends, and cntlm keeps its own.
    expect(new Set(await served(proxy, "GET"))).toEqual(new Set([`LAB\\${user}`]));
  });

  test("is tried once where the password is wrong", async ({ scene, skip }) => {
    const proxy = squid ?? skip("winbindd cannot run here");
    await proxy.log.mark();
    const url = proxyUrl(proxy.port, { username: winbind?.user ?? "", password: "wrong" });
    await using network = await openNetwork({ HTTPS_PROXY: url, ...trustRoot(scene) });
    const ask = (): Promise<unknown> => network.fetch(origin(scene.site.nginx.tls)).catch((error: unknown) => error);
    for (let times = 0; times < 3; times++)
      expect(await ask()).toMatchObject({ cause: { code: "PROXY_AUTH_REJECTED" } });
    // The first message tells nothing, the second one the password's proof.
    const sent = (await proxy.log.lines()).flatMap(({ login }) =>
      login?.startsWith("NTLM") === true ? [decodeURIComponent(login)] : [],
    );
    expect(sent.map((login) => Buffer.from(login.slice(5), "base64").readUInt32LE(8))).toEqual([1, 3]);
  });
});

describe("a login by a Kerberos ticket at squid", () => {
  let realm: Realm | undefined;
  let squid: SchemeSquid | undefined;
  let modules: ReturnType<typeof kerberosPackage>;
  beforeAll(async () => {
    modules = kerberosPackage();
    realm = await startRealm();
    if (realm === undefined) return;
    squid = await startSchemeSquid({
      scheme: (helpers, at) =>
        `auth_param negotiate program ${helpers}/negotiate_kerberos_auth -k ${at("http.keytab")} -s HTTP/localhost@LAB.TEST -t none\nauth_param negotiate children 2 startup=1\nauth_param negotiate keep_alive on`,
      files: { "http.keytab": realm.keytab },
      env: { KRB5_CONFIG: realm.env["KRB5_CONFIG"] ?? "" },
    });
  });
  afterAll(async () => {
    await squid?.[Symbol.asyncDispose]();
    await realm?.[Symbol.asyncDispose]();
  });

  function ask(url: string, scene: Scene, port: number, env: Readonly<Record<string, string>>): Promise<Ran> {
    const proxy = `http://localhost:${port}`;
    const variables = {
      PATH: path,
      HOME: "/nonexistent",
      HTTPS_PROXY: proxy,
      HTTP_PROXY: proxy,
      ...trustRoot(scene),
      ...env,
    };
    return execute([process.execPath, builtCli, "fetch", "--output", "/dev/null", url], variables);
  }

  test("needs no password: a ticket lets a program in, in both ways, and curl as the control", async ({
    scene,
    skip,
  }) => {
    const proxy = squid ?? skip("there is no KDC");
    if ("missing" in modules) return skip(modules.missing);
    const ticket = (await realm?.ticket()) ?? {};
    const curl = findProgram("curl") ?? skip("curl is missing");
    const control = execFileSync(
      curl,
      [
        "-sS",
        "-o",
        "/dev/null",
        "-w",
        "%{http_connect}",
        "--proxy-negotiate",
        "-U",
        ":",
        "-x",
        `http://localhost:${proxy.port}`,
        "-k",
        origin(scene.site.nginx.tls),
      ],
      { env: { PATH: path, ...ticket }, encoding: "utf8" },
    );
    expect(control).toBe("200");
    // Of a tunnel squid writes when it ends, so curl's may come after the mark.
    expect(await served(proxy, "CONNECT")).toEqual(["alice@LAB.TEST"]);
    await proxy.log.mark();
    for (const url of [origin(scene.site.nginx.tls), `http://origin.test:${scene.site.nginx.plain}/`]) {
      const ran = await ask(url, scene, proxy.port, { ...ticket, NODE_PATH: modules.folder });
      expect([ran.stderr, ran.status]).toEqual(["", 0]);
    }
    expect(await served(proxy, "CONNECT")).toEqual(["alice@LAB.TEST"]);
    expect(await served(proxy, "GET")).toEqual(["alice@LAB.TEST"]);
  });

  test("lets every way of a program in, its first request being one in absolute form", async ({ scene, skip }) => {
    const proxy = squid ?? skip("there is no KDC");
    if ("missing" in modules) return skip(modules.missing);
    const at = proxyUrl(proxy.port);
    await using program = startEveryWay({
      ...(await realm?.ticket()),
      NODE_PATH: modules.folder,
      HTTPS_PROXY: at,
      HTTP_PROXY: at,
      // Of which curl knows nothing.
      SALLYPORT_PROXY_AUTH: "negotiate",
      ...trustRoot(scene),
    });
    expect(await program.ask(`http://origin.test:${scene.site.nginx.plain}/`)).toEqual(byEveryWay(200));
    expect(await program.ask(origin(scene.site.nginx.tls))).toEqual(byEveryWay(200));
  });

  test("is printed by auth-header, for a program that knows no Kerberos", async ({ scene, skip }) => {
    const proxy = squid ?? skip("there is no KDC");
    if ("missing" in modules) return skip(modules.missing);
    const env = { PATH: path, HOME: "/nonexistent", ...(await realm?.ticket()), NODE_PATH: modules.folder };
    const named = `http://localhost:${proxy.port}`;
    const printed = await execute([process.execPath, builtCli, "auth-header", named], env);
    expect([printed.stderr, printed.stdout]).toEqual(["", expect.stringMatching(/^Negotiate [\w+/]{100,}=*\n$/)]);
    const socket = connect(proxy.port, "127.0.0.1");
    await once(socket, "connect");
    const client = String(socket.localPort);
    const { host } = new URL(origin(scene.site.nginx.tls));
    socket.write(`CONNECT ${host} HTTP/1.1\r\nHost: ${host}\r\nProxy-Authorization: ${printed.stdout.trim()}\r\n\r\n`);
    const [answer] = (await once(socket, "data")) as [Buffer];
    socket.destroy();
    expect(answer.toString("latin1")).toMatch(/^HTTP\/1\.1 200 /);
    // Tunnels of the programs before may be written down only now.
    const line = await proxy.log.waitFor("this CONNECT", (one) => one.client === client);
    expect(line).toMatchObject({ method: "CONNECT", user: "alice@LAB.TEST", status: "200" });
  });

  test("says what is wrong with the ticket", async ({ scene, skip }) => {
    const proxy = squid ?? skip("there is no KDC");
    const url = origin(scene.site.nginx.tls);
    const without = await ask(url, scene, proxy.port, {});
    expect(without.stderr).toMatch(
      /package kerberos.* is not installed.* \[PROXY_AUTH_TICKET\]\nhint: npm install kerberos/s,
    );
    if ("missing" in modules) return skip(modules.missing);
    const none = await ask(url, scene, proxy.port, { ...realm?.env, NODE_PATH: modules.folder });
    expect(none.stderr).toMatch(
      /there is no Kerberos ticket for this user \[PROXY_AUTH_TICKET\]\nhint: get one: kinit/,
    );
    const ticket = (await realm?.ticket()) ?? {};
    const lost = await ask(url, scene, proxy.port, { ...ticket, KRB5_CONFIG: "/dev/null", NODE_PATH: modules.folder });
    expect(lost.stderr).toMatch(/\[PROXY_AUTH_TICKET\]\nhint: /);
  });
});
