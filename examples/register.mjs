/**
 * The preload: `node --import sallyport/register program.mjs`, and the program leaves by the policy without a line of it changed. It reads
 * the same variables as everything here; so do its worker threads and its child processes.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { labVariables, startStandardLab } from "sallyport/lab";

const lab = await startStandardLab();
try {
  const program = join(import.meta.dirname, "programs/client.mjs");
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--import", "sallyport/register", program, "https://mtls.lab.test/echo"],
    { cwd: import.meta.dirname, env: labVariables(lab, lab.strict) },
  );
  assert.deepEqual(JSON.parse(stdout), ["alice", "alice"], "the server saw the client certificate, both times");
  const tunnels = lab.log.of("strict", "connect").filter((event) => event.status === 200);
  assert.ok(tunnels.length > 0);
  assert.equal(lab.log.of("mtls.lab.test", "accept").length, tunnels.length, "nothing went past the proxy");
  console.log("an unmodified program, by fetch and by node:https, through the proxy as CN=alice");
} finally {
  await lab.close();
}
