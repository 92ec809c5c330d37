/**
 * A forward proxy on loopback, for programs that know plain proxies and nothing else. It dials by the policy. For the hosts that are opened it
 * presents the client certificate; all other TLS passes through untouched.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import http from "node:http";
import tls from "node:tls";
import { startGateway } from "sallyport/gateway";
import { labVariables, startStandardLab } from "sallyport/lab";

const lab = await startStandardLab();
// A real program calls it without `source` and `lookup`: it reads the environment.
const gateway = await startGateway({
  source: { variables: labVariables(lab, lab.basic) },
  lookup: lab.lookup,
  intercept: ["mtls.lab.test"],
});
try {
  const proxy = new URL(gateway.proxyUrl);
  const login = `Basic ${btoa(`${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`)}`;

  assert.equal((await tunnel(proxy, "mtls.lab.test", {})).status, 407, "every caller presents the token");

  const opened = await ask("mtls.lab.test", gateway.authority);
  assert.equal(opened.peer, "alice", "the gateway has presented the certificate");

  const untouched = await ask("api.lab.test", await readFile(lab.files.rootCa, "utf8"));
  assert.equal(untouched.peer, null);
  assert.equal(gateway.snapshot().totals.connections.connect, 2);
  console.log(`${gateway.url}: mtls.lab.test saw CN=${opened.peer}, api.lab.test was passed through`);

  /** One request over the tunnel, by a client that trusts this authority alone. */
  async function ask(host, ca) {
    const { socket } = await tunnel(proxy, host, { "proxy-authorization": login });
    const secured = tls.connect({ socket, servername: host, ca });
    await once(secured, "secureConnect");
    secured.write(`GET /echo HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
    let answer = "";
    // The body is one JSON object; leaving the loop closes the connection.
    for await (const chunk of secured) {
      answer += chunk;
      const body = answer.slice(answer.indexOf("\r\n\r\n"));
      if (body.lastIndexOf("}") >= 0 && isJson(body.slice(body.indexOf("{"), body.lastIndexOf("}") + 1))) break;
    }
    socket.destroy();
    return JSON.parse(answer.slice(answer.indexOf("{"), answer.lastIndexOf("}") + 1));
  }
} finally {
  await gateway.destroy();
  await lab.close();
}
// Node keeps a TLS socket that was laid over another one for a while; there is nothing left to wait for.
process.exit();

/** What any proxy client does: node:http's CONNECT. */
async function tunnel({ hostname, port }, host, headers) {
  const path = `${host}:443`;
  // Left to itself node:http names the proxy here, where RFC 9112 (section 3.2) wants the target.
  const request = http.request({ host: hostname, port, method: "CONNECT", path, headers: { ...headers, host: path } });
  request.end();
  const [response, socket] = await once(request, "connect");
  if (response.statusCode !== 200) socket.destroy();
  return { status: response.statusCode, socket };
}

function isJson(body) {
  try {
    JSON.parse(body);
    return true;
  } catch {
    return false;
  }
}
