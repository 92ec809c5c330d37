// Elastic APM: the headers by which a trace goes on at the server. Its server is not there.
import { createRequire } from "node:module";
import { askEach, loadWatched } from "../asked.mjs";

export const needs = { alone: true };

export async function program({ urls, say }) {
  const require = createRequire(import.meta.url);
  const quiet = { logLevel: "off", centralConfig: false, cloudProvider: "none", metricsInterval: "0s" };
  const apm = require("elastic-apm-node").start({ serviceName: "compared", serverUrl: "http://127.0.0.1:9", ...quiet });
  loadWatched(require);
  const transaction = apm.startTransaction("all");
  await askEach(urls, say);
  transaction.end();
  await apm.destroy();
}
