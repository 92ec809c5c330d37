/**
 * What `sallyport run` does, from a program: an environment in which any child gets out, whatever it is written in. Node children bring the
 * preload along; for the others there is the gateway, which also presents the client certificate to the hosts that are opened.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { childEnvironment, loadContext, startGateway } from "sallyport";
import { labVariables, startStandardLab } from "sallyport/lab";

const lab = await startStandardLab();
// A real program passes process.env, and leaves `lookup` out.
const variables = labVariables(lab, lab.socks);
const context = await loadContext({ source: { variables }, lookup: lab.lookup });
const gateway = await startGateway({ load: async () => context, intercept: ["mtls.lab.test"] });
const environment = await childEnvironment({ context, variables, gateway });
try {
  const { changes } = environment;
  console.log(`${changes.length} variables, among them:`);
  for (const name of ["HTTPS_PROXY", "CURL_CA_BUNDLE", "PIP_CERT", "NODE_OPTIONS"])
    console.log(`  ${name.padEnd(16)} for ${changes.find((one) => one.name === name).readBy}`);
  assert.ok(environment.variables.CURL_CA_BUNDLE.startsWith(environment.directory));
  assert.equal(environment.variables.HTTPS_PROXY, gateway.proxyUrl, "children that know no SOCKS go to the gateway");
  assert.ok(environment.removed.includes("CLAUDE_CODE_CLIENT_KEY_PASSPHRASE"), "which presents the certificate itself");

  const program = join(import.meta.dirname, "programs/client.mjs");
  const { stdout } = await promisify(execFile)(process.execPath, [program, "https://mtls.lab.test/echo"], {
    env: environment.variables,
  });
  assert.deepEqual(JSON.parse(stdout), ["alice", "alice"]);
  assert.ok(lab.log.of("socks", "connect").every((event) => event.authorization === "alice:p@ss#w%rd"));
  console.log("a child, through SOCKS as CN=alice");
} finally {
  // Its files hold what the child needs to get out: they are removed.
  await environment[Symbol.asyncDispose]();
  await gateway.destroy();
  await lab.close();
}
