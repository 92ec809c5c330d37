import { Agent } from "node:https";
import axios from "axios";
import { certificate, enough, telling, url } from "./given.mjs";

// It reads the proxies out of the variables by itself.
await telling(async () => {
  const shown = certificate();
  const agent = Object.keys(shown).length === 0 ? {} : { httpsAgent: new Agent(shown) };
  const answer = await axios.get(url, { timeout: enough, ...agent });
  return answer.status;
});
