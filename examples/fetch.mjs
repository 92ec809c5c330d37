/**
 * One fetch through everything at once: a TLS proxy with login that inspects TLS, and a server that wants a client
 * certificate. A real program calls `createNetwork()` without arguments: it reads the environment. Here the
 * environment is that of the lab.
 */
import assert from "node:assert/strict";
import { createNetwork } from "sallyport";
import { labVariables, startStandardLab } from "sallyport/lab";

const lab = await startStandardLab();
const net = await createNetwork({ source: { variables: labVariables(lab, lab.strict) }, lookup: lab.lookup });
try {
  const url = "https://mtls.lab.test/echo";
  const { kind, hops, reason } = await net.route(url);
  console.log(`${kind}, through ${hops.map((hop) => hop.host).join(", ")}: ${reason}`);

  const response = await net.fetch(url);
  const seen = await response.json();
  assert.ok(response instanceof Response, "it is the global Response");
  assert.equal(seen.peer, "alice", "the server saw the client certificate");
  assert.equal(seen.headers["proxy-authorization"], undefined, "the proxy's login stayed outside the tunnel");
  assert.equal(lab.log.of("strict", "connect")[0]?.status, 200);
  console.log(`the server saw CN=${seen.peer}`);
} finally {
  await net.close();
  await lab.close();
}
