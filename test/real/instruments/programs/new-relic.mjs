// New Relic: the header by which a trace goes on at the server. Its collector is not there.
import { createRequire } from "node:module";
import { askEach, loadWatched } from "../asked.mjs";

export const needs = { alone: true };

export async function program({ urls, say }) {
  Object.assign(process.env, {
    NEW_RELIC_ENABLED: "true",
    NEW_RELIC_NO_CONFIG_FILE: "true",
    NEW_RELIC_LICENSE_KEY: "0".repeat(40),
    NEW_RELIC_APP_NAME: "compared",
    NEW_RELIC_LOG_ENABLED: "false",
    NEW_RELIC_HOST: "127.0.0.1",
    NEW_RELIC_PORT: "9",
  });
  const require = createRequire(import.meta.url);
  const relic = require("newrelic");
  loadWatched(require);
  await relic.startBackgroundTransaction("all", () => askEach(urls, say));
  relic.shutdown({ collectPendingData: false }, () => undefined);
}
