// dd-trace: the headers by which a trace goes on at the server. Its agent is not there.
import { createRequire } from "node:module";
import { askEach, loadWatched } from "../asked.mjs";

export const needs = { alone: true };

export async function program({ urls, say }) {
  process.env.DD_TRACE_AGENT_URL = "http://127.0.0.1:9";
  for (const more of ["INSTRUMENTATION_TELEMETRY_ENABLED", "REMOTE_CONFIGURATION_ENABLED", "TRACE_STARTUP_LOGS"])
    process.env[`DD_${more}`] = "false";
  const require = createRequire(import.meta.url);
  const tracer = require("dd-trace").init({ plugins: true });
  loadWatched(require);
  await tracer.trace("all", () => askEach(urls, say));
}
