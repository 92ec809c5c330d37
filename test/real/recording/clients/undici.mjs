import { request } from "undici";
import { byVariables, telling, url } from "./given.mjs";

await telling(async () => {
  const answer = await request(url, { dispatcher: byVariables() });
  await answer.body.text();
  return answer.statusCode;
});
