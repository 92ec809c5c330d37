/**
 * A program that knows nothing of proxies, authorities, client certificates or sallyport: built-in fetch, and node:https with an agent of
 * its own. It prints who the server took it for, twice.
 */
import https from "node:https";
import { json } from "node:stream/consumers";

const url = process.argv[2];

const answer = await fetch(url);
const byFetch = await answer.json();

https.get(url, { agent: new https.Agent({ keepAlive: true }) }, async (response) => {
  const byHttps = await json(response);
  console.log(JSON.stringify([byFetch.peer, byHttps.peer]));
});
