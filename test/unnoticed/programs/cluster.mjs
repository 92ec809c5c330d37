// node:cluster: workers that ask a server each, serve on a port that they share, which the primary asks, and end by themselves.
import cluster from "node:cluster";
import { once } from "node:events";
import http from "node:http";
import { fileURLToPath } from "node:url";

const exec = fileURLToPath(new URL("../support/cluster-worker.mjs", import.meta.url));

/** Each worker takes its time. */
export const needs = { alone: true, starts: 3 };

export async function program({ urls, say }) {
  cluster.setupPrimary({ exec, silent: false });
  say("settings", { args: cluster.settings.args.length, options: cluster.settings.execArgv.length });
  const events = {};
  for (const event of ["fork", "online", "listening", "disconnect", "exit"])
    cluster.on(event, ({ id }, ...more) => (events[id] ??= []).push([event, ...more.filter((each) => !each?.port)]));
  const workers = [cluster.fork(), cluster.fork(), cluster.fork({ ONE_MORE: "yes" })];
  const [{ port }] = await Promise.all(workers.map(async (worker) => (await once(worker, "listening"))[0]));

  for (const worker of workers) say(`worker ${worker.id} asked`, await answerTo(worker, ["ask", urls]));
  for (const path of ["one", "two", "three"]) {
    say(`asked by node:http: ${path}`, await requested(`http://127.0.0.1:${port}/${path}`));
    const response = await fetch(`http://localhost:${port}/${path}`, { method: "POST", body: "text" });
    say(`asked by fetch: ${path}`, [response.status, await response.text()]);
  }

  const ended = Promise.all(workers.flatMap((worker) => [once(worker, "exit"), once(worker, "disconnect")]));
  const [first, second, third] = workers;
  first.send(["disconnect"]);
  second.send(["exit"]);
  say("thrown", await answerTo(third, ["throw"]));
  await ended;
  // The ends of a process and of its channel are told in any order.
  for (const { id, exitedAfterDisconnect, process: child } of workers)
    say(`worker ${id} ended`, { events: events[id].toSorted(), exitedAfterDisconnect, code: child.exitCode });
  say("left", Object.keys(cluster.workers));
}

async function answerTo(worker, order) {
  const answer = once(worker, "message");
  worker.send(order);
  return (await answer)[0];
}

function requested(url) {
  return new Promise((resolve, reject) => {
    const answered = async (response) => resolve([response.statusCode, await text(response)]);
    http.get(url, { agent: false }, answered).on("error", reject);
  });
}

async function text(response) {
  let read = "";
  for await (const chunk of response) read += chunk;
  return read;
}
