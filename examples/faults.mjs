/** What a program learns when something stands in the way: the error's cause names hop, reason and remedy. */
import assert from "node:assert/strict";
import { createNetwork, diagnose, findConnectError } from "sallyport";
import { labVariables, startStandardLab } from "sallyport/lab";

const lab = await startStandardLab();
// The server wants a client certificate, and none is configured.
const variables = labVariables(lab, lab.basic, { clientCertificate: false });
const net = await createNetwork({ source: { variables }, lookup: lab.lookup });
try {
  const error = await net.fetch("https://mtls.lab.test/").then(
    () => assert.fail("the server must refuse this"),
    (reason) => reason,
  );
  assert.ok(error instanceof TypeError, "fetch fails as fetch does");
  const fault = findConnectError(error);
  assert.equal(fault?.code, "CLIENT_CERT_REQUIRED");
  console.log(`${fault.hop}: ${fault.message}\n${fault.remedy}`);

  const report = await diagnose(net, ["https://mtls.lab.test/"]);
  assert.equal(report.ok, false);
  assert.deepEqual(
    report.faults.map((one) => one.code),
    ["CLIENT_CERT_REQUIRED"],
  );
  for (const { stage, hop, ok } of report.targets[0].stages)
    console.log(`${ok ? "holds" : "FAILS"}  ${stage} (${hop})`);
} finally {
  await net.close();
  await lab.close();
}
