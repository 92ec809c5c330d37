// node:http and node:https with each of their options: those of a request, of its agent, and of TLS.
import { readFileSync } from "node:fs";
import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import tls from "node:tls";
import { describeError } from "../support/describe.mjs";

export async function program({ urls, say }) {
  const ca = readFileSync(process.env.NODE_EXTRA_CA_CERTS);
  for (const [kind, client] of Object.entries({ secure: https, plain: http })) {
    const url = `${urls[kind]}/echo`;
    // Whether it gets as far as the server is not compared.
    const never = new URL("/unseen/never", url).href;
    const told = async (what, options, at = url) => say(`${kind} ${what}`, await ask(client, at, options));
    for (const [name, options] of requestOptions(client)) await told(name, options);
    const from = `${urls[kind]}/from`;
    for (const localAddress of ["127.0.0.2", "192.0.2.1"])
      await told(`localAddress ${localAddress}`, { localAddress }, from);
    await told("agent, localAddress", { agent: new client.Agent({ localAddress: "127.0.0.3", family: 4 }) }, from);
    await told("signal, aborted before", { signal: AbortSignal.abort() });
    await told("signal, aborted meanwhile", { signal: AbortSignal.timeout(100) }, never);
    await told("timeout", { timeout: 100 }, never);
    await told("maxHeaderSize", { maxHeaderSize: 16 });
    await told("URL and options", { headers: { "x-url": "1" } }, new URL(`${url}?a=1#hash`));
    await told("expect", { method: "POST", headers: { expect: "100-continue" }, body: "text" });
    await told("socketPath", { socketPath: "/nowhere.sock" });
    for (const wrong of wrongOptions) await told(`wrong: ${JSON.stringify(wrong)}`, wrong);
    const { hostname, port, pathname, protocol } = new URL(url);
    const parts = { protocol, hostname, port, path: pathname };
    await told("parts", parts, undefined);
    await told("host before hostname", { ...parts, hostname: undefined, host: hostname }, undefined);
    await told("auth", { ...parts, auth: "user:pass" }, undefined);
    await told("another host's header", { ...parts, headers: { host: "other.test" } }, undefined);
    for (const [name, agent] of agents(client, ca)) {
      await told(`agent, ${name}`, { agent });
      agent.destroy?.();
    }
    say(`${kind} agent's own`, own(new client.Agent({ keepAlive: true, maxSockets: 3 })));
  }
  await ofTls(urls.secure, say);
}

function requestOptions({ request }) {
  const list = ["X-One", "1", "x-one", "2"];
  return Object.entries({
    ...Object.fromEntries(["HEAD", "PUT", "DELETE", "OPTIONS", "QUERY"].map((method) => [method, { method }])),
    "lower case": { method: "post", body: "text" },
    "headers in a list": { headers: list },
    "headers with several values": { headers: { "x-many": ["1", "2"], cookie: ["a=1", "b=2"] } },
    uniqueHeaders: { headers: { "x-many": ["1", "2"] }, uniqueHeaders: ["x-many"] },
    "setHost false": { setHost: false, headers: { host: "mine.test" } },
    "setDefaultHeaders false": { setDefaultHeaders: false, headers: { host: "mine.test", connection: "close" } },
    joinDuplicateHeaders: { joinDuplicateHeaders: true },
    insecureHTTPParser: { insecureHTTPParser: true },
    "family 4": { family: 4 },
    hints: { hints: 0 },
    autoSelectFamily: { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: 250 },
    "agent false": { agent: false },
    "timeout in time": { timeout: 20_000 },
    "noDelay and keepAlive": { noDelay: true, keepAlive: true, keepAliveInitialDelay: 1000 },
    "an unused createConnection": { createConnection: undefined },
    "body in chunks": { method: "POST", body: ["a ", "body"] },
    "a length of its own": { method: "POST", headers: { "content-length": "4" }, body: "text" },
    "chunks by name": { method: "POST", headers: { "transfer-encoding": "chunked" }, body: "text" },
    "is a function": { agent: undefined, defaultPort: 443, x: request.length },
  });
}

const wrongOptions = [
  { method: "a b" },
  { path: "/a b" },
  { protocol: "ftp:" },
  { headers: { "x-wrong": "a\nb" } },
  { agent: {} },
  { timeout: "soon" },
  { insecureHTTPParser: "yes" },
  { host: 7 },
  { maxHeaderSize: "big" },
];

/** Most of those of TLS have authorities of their own, which are read in no time. */
function agents({ Agent: Base }, ca) {
  const Agent = class extends Base {
    constructor(options) {
      super(Base === https.Agent && !("highWaterMark" in options) ? { ...options, ca } : options);
    }
  };
  return Object.entries({
    keepAlive: new Agent({ keepAlive: true, keepAliveMsecs: 500 }),
    "bounds and order": new Agent({ maxSockets: 1, maxTotalSockets: 1, maxFreeSockets: 1, scheduling: "fifo" }),
    timeout: new Agent({ timeout: 20_000 }),
    "noDelay and family": new Agent({ noDelay: false, family: 4 }),
    autoSelectFamily: new Agent({ autoSelectFamily: true }),
    highWaterMark: new Agent({ highWaterMark: 512 }),
    agentKeepAliveTimeoutBuffer: new Agent({ keepAlive: true, agentKeepAliveTimeoutBuffer: 500 }),
  });
}

/** What an agent says of itself. */
function own({ options, maxSockets, maxFreeSockets, maxTotalSockets, scheduling, keepAlive, protocol, defaultPort }) {
  return { options, maxSockets, maxFreeSockets, maxTotalSockets, scheduling, keepAlive, protocol, defaultPort };
}

/** Options of TLS, each on the request or on an agent of its own. With its own authorities, which are read in no time, where they do not matter. */
async function ofTls(site, say) {
  const url = `${site}/echo`;
  const { hostname } = new URL(url);
  const ca = readFileSync(process.env.NODE_EXTRA_CA_CERTS);
  const ciphers = "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256";
  const options = {
    ca: { ca },
    "another ca": { ca: tls.rootCertificates[0] },
    servername: { ca, servername: hostname },
    "another servername": { ca, servername: "other.test" },
    checkServerIdentity: { ca, checkServerIdentity: () => undefined },
    "checkServerIdentity that refuses": { ca, checkServerIdentity: () => new RangeError("mine") },
    ALPNProtocols: { ca, ALPNProtocols: ["http/1.1"] },
    "TLS 1.2": { ca, maxVersion: "TLSv1.2" },
    "TLS 1.3": { ca, minVersion: "TLSv1.3" },
    "versions apart": { ca, minVersion: "TLSv1.3", maxVersion: "TLSv1.2" },
    ciphers: { ca, ciphers, maxVersion: "TLSv1.2" },
    "no such cipher": { ca, ciphers: "NONE-SUCH" },
    ecdhCurve: { ca, ecdhCurve: "P-256" },
    sigalgs: { ca, sigalgs: "ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256" },
    honorCipherOrder: { ca, honorCipherOrder: true },
    secureContext: { secureContext: tls.createSecureContext({ ca }) },
    "an empty secureContext": { secureContext: tls.createSecureContext({ ca: tls.rootCertificates[0] }) },
    requestOCSP: { ca, requestOCSP: true },
    sessionTimeout: { ca, sessionTimeout: 10 },
    minDHSize: { ca, minDHSize: 2048 },
    "no such key": { key: "none", cert: "none" },
  };
  for (const [at, [name, each]] of Object.entries(options).entries()) {
    const agent = new https.Agent(at % 2 === 0 ? {} : each);
    say(`TLS, ${name}`, await ask(https, url, { agent, ...(at % 2 === 0 && each) }));
    agent.destroy();
  }
  for (const name of ["checkServerIdentity that refuses", "an empty secureContext"]) {
    // Each request has a connection of its own, and the second one could resume the session of the first.
    const agent = new https.Agent();
    await ask(https, url, { agent });
    say(`resumed, ${name}`, await ask(https, `${url}?resumed`, { agent, ...options[name], ca: undefined }));
  }
  const connected = { createConnection: () => net.connect({ host: "localhost", port: 1 }) };
  say("createConnection that leads nowhere", await ask(https, url, connected));
}

async function ask(client, url, { body, ...options } = {}) {
  const events = [];
  try {
    const request = url === undefined ? client.request(options) : client.request(url, options);
    for (const event of ["timeout", "continue", "abort"]) request.on(event, () => events.push(event));
    request.on("timeout", () => request.destroy());
    for (const chunk of [body ?? []].flat().slice(0, -1)) request.write(chunk);
    request.end([body ?? []].flat().at(-1));
    const [response] = await once(request, "response");
    const { statusCode, headers, readableHighWaterMark } = response;
    // For how long a connection is kept is each hop's own.
    const names = Object.keys(headers).filter((name) => name !== "keep-alive");
    let text = "";
    for await (const chunk of response) text += chunk;
    return [...events, statusCode, names, readableHighWaterMark, text, request.path, request.host, request.protocol];
  } catch (error) {
    return [...events, describeError(error)];
  }
}
