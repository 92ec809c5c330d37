/** A dispatcher for undici: for one request, or for all that say nothing else. */
import assert from "node:assert/strict";
import { createDispatcher } from "sallyport";
import { labVariables, startStandardLab } from "sallyport/lab";
import { request, setGlobalDispatcher } from "undici";

const lab = await startStandardLab();
const dispatcher = await createDispatcher({
  source: { variables: labVariables(lab, lab.basic) },
  lookup: lab.lookup,
});
try {
  const { body } = await request("https://mtls.lab.test/echo", { dispatcher });
  const seen = await body.json();
  assert.equal(seen.peer, "alice", "the server saw the client certificate");

  setGlobalDispatcher(dispatcher);
  const { statusCode, body: rest } = await request("https://api.lab.test/");
  await rest.dump();
  assert.equal(statusCode, 200);
  const targets = lab.log.of("basic", "connect").map(({ target }) => target);
  assert.deepEqual(targets, ["mtls.lab.test:443", "api.lab.test:443"]);
  console.log(`undici, through the proxy, as CN=${seen.peer}`);
} finally {
  await dispatcher.close();
  await lab.close();
}
