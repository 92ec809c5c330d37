// Node's --permission, with the rights in addition that `sallyport run` gives such a program: what it asks, and what it may and may not do.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import https from "node:https";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";

const [major] = process.versions.node.split(".").map(Number);
const permission = major < 24 ? "--experimental-permission" : "--permission";
const tests = fileURLToPath(new URL("../../", import.meta.url));

export const needs = {
  alone: true,
  // The network is a right of its own from Node 25 on.
  flags: [permission, "--no-warnings", `--allow-fs-read=${tests}*`, ...(major < 25 ? [] : ["--allow-net"])],
};

export async function program({ urls, say }) {
  const own = fileURLToPath(import.meta.url);
  say("rights", [
    ["fs.read", "fs.write", "child", "worker", "net"].map((right) => process.permission.has(right)),
    ["fs.read", "fs.write"].map((right) => process.permission.has(right, own)),
    ["/etc/passwd", process.env.HOME].map((path) => process.permission.has("fs.read", path)),
  ]);
  const attempts = {
    "its own file": () => fs.readFileSync(own).length > 0,
    "a file of others": () => fs.readFileSync("/etc/passwd").length,
    "a file that it writes": () => fs.writeFileSync(`${own}.new`, ""),
    "a child": () => spawnSync(process.execPath, ["-e", "0"]).status,
    "a thread": () => new Worker("0", { eval: true }),
  };
  const tell = (when) => {
    for (const [name, attempt] of Object.entries(attempts)) say(`${when}: ${name}`, outcome(attempt));
  };
  tell("before");
  for (const [kind, client] of Object.entries({ secure: https, plain: http })) {
    say(`${kind}: request`, await requested(client, `${urls[kind]}/echo`));
    say(`${kind}: fetch`, await fetched(`${urls[kind]}/teapot`));
  }
  say("broken off", [await requested(https, `${urls.secure}/hang-up`), await fetched(`${urls.secure}/cut`)]);
  tell("after");
}

function outcome(attempt) {
  try {
    return attempt() ?? null;
  } catch ({ name, code, permission: right }) {
    return [name, code, right];
  }
}

function requested(client, url) {
  return new Promise((resolve) => {
    client
      .get(url, (response) => response.resume().on("end", () => resolve(response.statusCode)))
      .on("error", ({ name, code }) => resolve([name, code]));
  });
}

async function fetched(url) {
  try {
    const response = await fetch(url);
    return [response.status, await response.text()];
  } catch ({ name, cause }) {
    return [name, cause?.code];
  }
}
