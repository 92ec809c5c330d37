import { setGlobalDispatcher } from "undici";
import { byVariables, telling, url } from "./given.mjs";

await telling(async () => {
  setGlobalDispatcher(byVariables());
  const answer = await fetch(url);
  await answer.text();
  return answer.status;
});
