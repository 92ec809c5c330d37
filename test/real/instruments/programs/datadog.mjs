// dd-trace: the headers by which a trace goes on at the server. Its agent is not there.
import { createRequire } from "node:module";
import { askEach, loadWatched } from "../asked.mjs";

export const needs = { alone: true };

export async function program({ urls, say }) {
  Object.assign(process.env, {
    DD_TRACE_AGENT_URL: "http://127.0.0.1:9",
    DD_INSTRUMENTATION_TELEMETRY_ENABLED: "false",
    DD_REMOTE_CONFIGURATION_ENABLED: "false",
    DD_TRACE_STARTUP_LOGS: "false",
  });
  const require = createRequire(import.meta.url);
  const tracer = require("dd-trace").init({ plugins: true });
  loadWatched(require);
  await tracer.trace("all", () => askEach(urls, say));
}
