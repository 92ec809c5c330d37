/**
 * The clients that are compared. Each is set up as its own documentation says for a proxy with Basic and an origin that
 * wants a client certificate, with the same list of authorities: the bundled ones and the site's root.
 * `kind` says what may be compared with what: the three ways in which programs make requests cost differently.
 */
import { request as httpsRequest } from "node:https";
import { createSecureContext, rootCertificates } from "node:tls";

/** @typedef {{ url: string, proxy: { url: string, username: string, password: string }, root: string, cert: string, key: string }} Site */
/** A function that makes one request and resolves when its answer was read to the end, with the answer's headers. */
/** @typedef {(headers: Record<string, string>) => Promise<Record<string, string>>} Ask */

export const contenders = {
  "sallyport dispatcher": { kind: "undici", ours: true, open: openOurDispatcher },
  "undici ProxyAgent": { kind: "undici", ours: false, open: openUndici },
  "sallyport fetch": { kind: "fetch", ours: true, open: openOurFetch },
  "built-in fetch, ProxyAgent": { kind: "fetch", ours: false, open: openBuiltInFetch },
  // Another kind, shown beside it: what it gives is not the `Response` that a program's other code knows.
  "undici's fetch, ProxyAgent": { kind: "undici's fetch", ours: false, open: openUndiciFetch },
  "sallyport agent": { kind: "https", ours: true, open: openOurAgent },
  "https-proxy-agent": { kind: "https", ours: false, open: openHttpsProxyAgent },
  // With a secure context of its user's own making, which its documentation does not speak of.
  "https-proxy-agent, tuned": { kind: "https", ours: false, open: openTuned },
  hpagent: { kind: "https", ours: false, open: openHpagent },
};

/** sallyport reads its settings from the environment: run.mjs gives them to the process. */
async function openNetwork() {
  const { createNetwork } = await import("../dist/index.js");
  return createNetwork();
}

async function openOurDispatcher(site) {
  const network = await openNetwork();
  return askUndici(site, network.dispatcher);
}

async function openOurFetch(site) {
  const network = await openNetwork();
  return askFetch(site, (url, init) => network.fetch(url, init));
}

async function openOurAgent(site) {
  const network = await openNetwork();
  return askHttps(site, new URL(site.url).protocol === "https:" ? network.agents.https : network.agents.http);
}

async function openUndici(site) {
  return askUndici(site, await undiciProxyAgent(site));
}

async function openUndiciFetch(site) {
  const { fetch } = await import("undici");
  const dispatcher = await undiciProxyAgent(site);
  return askFetch(site, (url, init) => fetch(url, { ...init, dispatcher }));
}

async function openBuiltInFetch(site) {
  const dispatcher = await undiciProxyAgent(site);
  return askFetch(site, (url, init) => fetch(url, { ...init, dispatcher }));
}

async function openHttpsProxyAgent(site) {
  const { HttpsProxyAgent } = await import("https-proxy-agent");
  // Its constructor's TLS options are for the proxy; those for the origin go with each request.
  return askHttps(site, new HttpsProxyAgent(withLogin(site.proxy), { keepAlive: true }), tlsOptions(site));
}

async function openTuned(site) {
  const { HttpsProxyAgent } = await import("https-proxy-agent");
  const secureContext = createSecureContext(tlsOptions(site));
  return askHttps(site, new HttpsProxyAgent(withLogin(site.proxy), { keepAlive: true }), { secureContext });
}

async function openHpagent(site) {
  const { default: hpagent } = await import("hpagent");
  return askHttps(
    site,
    new hpagent.HttpsProxyAgent({ proxy: withLogin(site.proxy), keepAlive: true, ...tlsOptions(site) }),
  );
}

async function undiciProxyAgent(site) {
  const { ProxyAgent } = await import("undici");
  const { username, password, url } = site.proxy;
  const token = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  return new ProxyAgent({ uri: url, token, requestTls: tlsOptions(site) });
}

function tlsOptions({ root, cert, key }) {
  return { ca: [...rootCertificates, root], cert, key };
}

function withLogin({ url, username, password }) {
  const address = new URL(url);
  return Object.assign(address, { username: encodeURIComponent(username), password: encodeURIComponent(password) });
}

/** @returns {Promise<Ask>} */
async function askUndici(site, dispatcher) {
  const { request } = await import("undici");
  return async (headers) => {
    const answer = await request(site.url, { dispatcher, headers, reset: headers.connection === "close" });
    await answer.body.dump();
    return answer.headers;
  };
}

/** @returns {Ask} */
function askFetch(site, fetch) {
  return async (headers) => {
    const answer = await fetch(site.url, { headers });
    await answer.arrayBuffer();
    return Object.fromEntries(answer.headers);
  };
}

/** @returns {Ask} */
function askHttps(site, agent, options = {}) {
  return (headers) =>
    new Promise((resolve, reject) => {
      const request = httpsRequest(site.url, { ...options, agent, headers }, (answer) => {
        answer.resume();
        answer.on("end", () => resolve(answer.headers));
        answer.on("error", reject);
      });
      request.on("error", reject);
      request.end();
    });
}
