/** got takes a network's agents as they are. */
import assert from "node:assert/strict";
import got from "got";
import { createNetwork } from "sallyport";
import { labVariables, startStandardLab } from "sallyport/lab";

const lab = await startStandardLab();
const net = await createNetwork({ source: { variables: labVariables(lab, lab.basic) }, lookup: lab.lookup });
try {
  const client = got.extend({ agent: net.agents });
  const seen = await client("https://mtls.lab.test/echo").json();
  assert.equal(seen.peer, "alice", "the server saw the client certificate");
  assert.equal(lab.log.of("basic", "connect")[0]?.target, "mtls.lab.test:443");
  console.log(`got, through the proxy, as CN=${seen.peer}`);
} finally {
  await net.close();
  await lab.close();
}
