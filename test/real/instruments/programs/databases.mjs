// Clients of databases and of mail, which go their own way: the same bytes, and the same errors where nobody answers.
import dns from "node:dns";
import { createRequire } from "node:module";
import { closedPort, postgres, redis, serve, smtp } from "../tiny-servers.mjs";

export const needs = { alone: true };

/** Known to the machine's resolver in each network, and no name of this machine. */
const host = "database.inside.test";
const require = createRequire(import.meta.url);

export async function program({ say }) {
  // nodemailer asks servers of names by itself, and the machine's resolver where these know nothing: none outside is asked.
  for (const name of ["resolve4", "resolve6"])
    dns.Resolver.prototype[name] = (_host, done) =>
      setImmediate(() => done(Object.assign(new Error(name), { code: "ENOTFOUND" })));
  const clients = { ioredis: [redis, useRedis], pg: [postgres, usePostgres], nodemailer: [smtp, sendMail] };
  for (const [name, [speak, use]] of Object.entries(clients)) {
    const server = await serve(speak);
    const places = {
      "a server": { host, port: server.port },
      "nobody there": { host, port: await closedPort() },
      "no such name": { host: "unknown.inside.test", port: server.port },
      "this machine": { host: "127.0.0.1", port: server.port },
    };
    for (const [where, place] of Object.entries(places)) say(`${name}: ${where}`, await use(place).catch(described));
    await server.close();
    say(`${name}: heard`, server.heard);
  }
}

const described = ({ name, code, command }) => [name, code, command];

async function useRedis(place) {
  const { Redis } = require("ioredis");
  const client = new Redis({ ...place, lazyConnect: true, retryStrategy: null, maxRetriesPerRequest: 0 });
  const events = [];
  for (const event of ["connect", "ready", "close", "end"]) client.on(event, () => events.push(event));
  client.on("error", ({ code }) => events.push(["error", code]));
  const ended = new Promise((resolve) => client.once("end", resolve));
  const told = [];
  const tell = (work) =>
    work.then(
      (value) => told.push(value),
      (error) => told.push(described(error)),
    );
  await tell(client.connect().then(() => "connected"));
  if (client.status === "ready") {
    for (const command of [["set", "a", "one"], ["get", "a"], ["get", "b"], ["fail"], ["cut"]])
      await tell(client.call(...command));
  }
  client.disconnect();
  await ended;
  return { told, events };
}

async function usePostgres(place) {
  const { Client } = require("pg");
  const told = [];
  for (const query of ["select", "fail", "cut"]) {
    const client = new Client({ ...place, user: "alice", database: "all", password: "s3cr3t" });
    client.on("error", ({ code, message }) => told.push(["event", code, message]));
    const ended = new Promise((resolve) => client.once("end", resolve));
    try {
      await client.connect();
      const { rows, command } = await client.query(query);
      told.push([rows, command]);
    } catch (error) {
      told.push([error.name, error.code]);
    }
    await client.end().catch((error) => told.push(["end", error.code]));
    await ended;
  }
  return told;
}

async function sendMail(place) {
  const { createTransport } = require("nodemailer");
  const told = [];
  for (const to of ["bob@inside.test", "refused@inside.test", "cut@inside.test"]) {
    const transport = createTransport({ ...place, name: "client.test", ignoreTLS: true });
    const message = {
      from: "alice@inside.test",
      to,
      subject: "told",
      text: "hello",
      messageId: "<1@inside.test>",
      date: new Date(0),
    };
    told.push(await transport.sendMail(message).then(({ response, accepted }) => [response, accepted], described));
    transport.close();
  }
  return told;
}
