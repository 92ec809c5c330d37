/** The whole process leaves by the policy: code that knows nothing of proxies, certificates or sallyport. */
import assert from "node:assert/strict";
import { once } from "node:events";
import https from "node:https";
import { json } from "node:stream/consumers";
import { install } from "sallyport";
import { labVariables, startStandardLab } from "sallyport/lab";

const lab = await startStandardLab();
const installation = await install({ source: { variables: labVariables(lab, lab.strict) }, lookup: lab.lookup });
try {
  const byFetch = await (await fetch("https://mtls.lab.test/echo")).json();
  const [response] = await once(https.get("https://mtls.lab.test/echo"), "response");
  const byHttps = await json(response);
  assert.equal(byFetch.peer, "alice");
  assert.equal(byHttps.peer, "alice");
  assert.ok(lab.log.of("strict", "connect").length >= 2);
  console.log("fetch and https.get, unchanged, both through the proxy as CN=alice");
} finally {
  await installation[Symbol.asyncDispose]();
  await lab.close();
}
