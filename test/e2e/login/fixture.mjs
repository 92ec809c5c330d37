// A program that knows nothing of sallyport: asks once, says so, and asks often when it is told to.
import http from "node:http";
import https from "node:https";
import { text } from "node:stream/consumers";

const [url] = process.argv.slice(2);
const viaNode = () =>
  new Promise((resolve, reject) => {
    const { get } = url.startsWith("https:") ? https : http;
    get(url, { agent: false }, (response) => text(response).then(() => resolve(response.statusCode), reject)).on(
      "error",
      reject,
    );
  });
const viaFetch = async () => {
  const response = await fetch(url, { method: "POST", body: "one body" });
  await response.text();
  return response.status;
};

await viaNode();
process.stdout.write("ready\n");
await new Promise((resolve) => process.stdin.once("data", resolve));
const asked = Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? viaNode() : viaFetch()));
const outcomes = await Promise.all(asked.map((each) => each.catch((error) => String(error.cause ?? error))));
process.stdout.write(`${JSON.stringify(outcomes)}\n`);
process.exit(0);
