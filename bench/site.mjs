/**
 * The servers, in a process of its own so that its work is not counted as the client's. Tells its parent, by one message,
 * where it listens and what a client needs.
 */
import { createAuthority } from "../dist/lab/index.js";
import { createOrigin, createProxy, listen, login } from "./upstream.mjs";

const host = "origin.bench.test";

const root = await createAuthority({ name: "Bench Root CA" });
const clientCa = await createAuthority({ name: "Bench Client CA" });
const server = await root.issue({ commonName: host, hosts: [host], usage: "server" });
const client = await clientCa.issue({ commonName: "alice", usage: "client" });

const originPort = await listen(createOrigin({ cert: server.chain, key: server.key, clientCa: clientCa.cert }));
const proxyPort = await listen(createProxy(new Map([[host, originPort]])));

process.on("disconnect", () => process.exit());
process.send({
  url: `https://${host}:${originPort}/`,
  proxy: { url: `http://127.0.0.1:${proxyPort}`, ...login },
  root: root.cert,
  cert: client.chain,
  key: client.key,
});
