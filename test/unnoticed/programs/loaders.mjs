// A loader of modules that asks a server itself: Node runs it in a thread of its own, which is none of the program's.
import { register } from "node:module";

/** It stays until the process ends, and Node warns that it is to go. */
export const needs = { alone: true, flags: ["--no-warnings"] };

/** What it loads says what the server said. */
const loader = `
import https from "node:https";

const asked = (url) =>
  new Promise((resolve) => {
    https.get(url, (response) => resolve(response.resume().statusCode)).on("error", ({ code }) => resolve(code));
  });
const fetched = (url) => fetch(url).then(({ status }) => status, ({ cause }) => cause?.code);

export const resolve = (name, context, next) =>
  name.startsWith("asked:") ? { url: name, shortCircuit: true } : next(name, context);
export async function load(url, context, next) {
  if (!url.startsWith("asked:")) return next(url, context);
  const where = url.slice("asked:".length);
  const told = [await fetched(where), await asked(where)];
  return { format: "module", shortCircuit: true, source: "export default " + JSON.stringify(told) };
}
`;

export async function program({ urls, say }) {
  register(`data:text/javascript,${encodeURIComponent(loader)}`);
  const { default: told } = await import(`asked:${urls.secure}/echo`);
  say("a loader in a thread", told);
}
