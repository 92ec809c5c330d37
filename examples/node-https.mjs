/** An agent for node:https: what axios, got, node-fetch, ws and most older clients take. */
import assert from "node:assert/strict";
import { once } from "node:events";
import https from "node:https";
import { json } from "node:stream/consumers";
import { createNetwork } from "sallyport";
import { labVariables, startStandardLab } from "sallyport/lab";

const lab = await startStandardLab();
const net = await createNetwork({ source: { variables: labVariables(lab, lab.basic) }, lookup: lab.lookup });
try {
  const [response] = await once(https.get("https://mtls.lab.test/echo", { agent: net.agents.https }), "response");
  const seen = await json(response);
  assert.equal(seen.peer, "alice");
  assert.deepEqual(
    lab.log.of("basic", "connect").map((event) => event.target),
    ["mtls.lab.test:443"],
  );
  console.log(`https.get, through the proxy, as CN=${seen.peer}`);
} finally {
  await net.close();
  await lab.close();
}
