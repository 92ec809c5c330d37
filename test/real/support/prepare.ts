import { claudeProgram, claudeVersion } from "./claude.js";
import { installMissing } from "./install.js";
import { instrumentPrograms } from "./instruments.js";
import { kerberosPackage } from "./kerberos.js";
import { everythingProgram } from "./mcp/everything.js";
import { findInspector } from "./mcp/inspector.js";
import { conformanceSuite, olderSuiteVersion, suiteVersion } from "./mcp/suite.js";
import { pythonClients } from "./python-clients.js";
import { findTools } from "./tools.js";

/**
 * Gets and builds all that the suite needs beside what `npm ci` brings, so that no test waits for it: `node test/real/prepare.mjs`. CI runs
 * it beside the first tests. What cannot be had is left to the tests, which say so.
 */
const steps: Readonly<Record<string, () => unknown>> = {
  "Debian's packages": () => installMissing((line) => console.log(line)),
  [`Claude Code ${claudeVersion}`]: claudeProgram,
  "the tools": findTools,
  "the Python clients": pythonClients,
  "the conformance suites": () => [suiteVersion, olderSuiteVersion].map(conformanceSuite),
  "the MCP servers": () => [everythingProgram(), findInspector()],
  "the instruments": instrumentPrograms,
  kerberos: kerberosPackage,
};

for (const [name, step] of Object.entries(steps)) {
  const start = performance.now();
  step();
  console.log(`${name}: ${((performance.now() - start) / 1000).toFixed(0)} s`);
}
