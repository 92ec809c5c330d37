// A program that makes a first request in each way, and does nothing else: what others may take longer under the preload is measured by it.
import https from "node:https";

/** What it loads must be there for no other reason. */
export const needs = { alone: true };

export async function program({ urls, say }) {
  const url = `${urls.secure}/echo`;
  say("fetch", (await fetch(url)).status);
  say(
    "node:https",
    await new Promise((resolve, reject) => {
      https.get(url, (response) => resolve(response.resume().statusCode)).on("error", reject);
    }),
  );
}
