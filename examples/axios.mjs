/** axios takes an agent for each protocol. `proxy: false` keeps it from reading the proxy variables by itself. */
import assert from "node:assert/strict";
import axios from "axios";
import { createNetwork } from "sallyport";
import { labVariables, startStandardLab } from "sallyport/lab";

const lab = await startStandardLab();
const net = await createNetwork({ source: { variables: labVariables(lab, lab.basic) }, lookup: lab.lookup });
try {
  const client = axios.create({ httpAgent: net.agents.http, httpsAgent: net.agents.https, proxy: false });
  const { data } = await client.get("https://mtls.lab.test/echo");
  assert.equal(data.peer, "alice", "the server saw the client certificate");
  assert.equal(lab.log.of("basic", "connect")[0]?.target, "mtls.lab.test:443");
  console.log(`axios, through the proxy, as CN=${data.peer}`);
} finally {
  await net.close();
  await lab.close();
}
