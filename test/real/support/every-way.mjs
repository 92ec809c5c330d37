/**
 * A program of a developer's that has been running for long: for each URL on its standard input it asks in every way that there is under
 * `sallyport run`, by the preload and by the gateway, and prints the statuses as a line of JSON.
 */
import { execFile } from "node:child_process";
import http from "node:http";
import https from "node:https";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { request } from "undici";

const ways = {
  async fetch(url) {
    const answer = await fetch(url);
    await answer.text();
    return answer.status;
  },
  async undici(url) {
    const { statusCode, body } = await request(url);
    await body.dump();
    return statusCode;
  },
  "node:https": (url) =>
    new Promise((resolve, reject) => {
      const asking = (url.startsWith("https:") ? https : http).get(url, (answer) =>
        answer.resume().on("end", () => resolve(answer.statusCode)),
      );
      asking.on("error", reject);
    }),
  async "curl by the gateway"(url) {
    const flags = ["--silent", "--show-error", "--output", "/dev/null", "--write-out", "%{http_code}"];
    const { stdout } = await promisify(execFile)("curl", [...flags, url]);
    return Number(stdout);
  },
};

for await (const url of createInterface({ input: process.stdin })) {
  const answers = Object.entries(ways).map(async ([name, ask]) => [name, await ask(url).catch(said)]);
  console.log(JSON.stringify(Object.fromEntries(await Promise.all(answers))));
}

function said(error) {
  return [error, error.cause].map((each) => [each?.code, each?.message].join(" ")).join("; ");
}
