// What agents of the program's own keep, tell and bound: their tables, events, counts and names.
import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import tls from "node:tls";
import { Agent as AgentBase } from "agent-base7";
import agentkeepalive from "agentkeepalive";

const KeepAlive = { secure: agentkeepalive.HttpsAgent, plain: agentkeepalive };

/** As proxy agents are made. */
class Based extends AgentBase {
  connect(_request, options) {
    return options.secureEndpoint ? tls.connect(options) : net.connect(options);
  }
}

export async function program({ urls, say }) {
  for (const [kind, client] of Object.entries({ secure: https, plain: http })) {
    const { port, host } = new URL(urls[kind]);
    const comparable = (text) => text.replaceAll(host, "HOST").replaceAll(port, "PORT");
    const told = (what, value) => say(`${kind}, ${what}`, value);
    const { Agent } = client;
    const ask = (agent, options) => asked(client, `${urls[kind]}/echo`, { agent, ...options });
    const names = (agent) => tables(agent, comparable);

    const kept = new Agent({ keepAlive: true, maxSockets: 2 });
    const events = [];
    for (const event of ["free", "keylog"]) kept.on(event, () => events.push(event));
    told("one after the other", [await ask(kept), await ask(kept), await ask(kept)]);
    told("names", names(kept));
    told("free events", events.filter((event) => event === "free").length);
    told("keylog", events.includes("keylog"));
    const four = [ask(kept), ask(kept), ask(kept), ask(kept)];
    told("names at once", names(kept));
    told("at once", (await Promise.all(four)).map(({ status }) => status).join());
    told("names then", names(kept));
    kept.destroy();
    told("destroyed", await settled(kept, names));

    const few = new Agent({ keepAlive: true, maxTotalSockets: 1, maxFreeSockets: 1, scheduling: "fifo" });
    const three = [ask(few), ask(few), ask(few)];
    told("one in all", [names(few), await Promise.all(three)]);
    told("one in all then", names(few));
    few.destroy();

    const spare = new Agent({ keepAlive: true, maxFreeSockets: 1 });
    await Promise.all([ask(spare), ask(spare), ask(spare)]);
    told("one spare", await settled(spare, names));
    spare.destroy();

    const none = new Agent();
    told("not kept", [await ask(none), names(none)]);
    told("not kept then", await settled(none, names));

    const patient = new Agent({ keepAlive: true, timeout: 300 });
    const [late] = await Promise.all([
      timedOut(client, `${urls[kind]}/never?at-once=late`, patient),
      asked(client, `${urls[kind]}/echo?at-once=answered`, { agent: patient }),
    ]);
    told("timeout", late);
    told("idle too long", await settled(patient, names));

    const dying = new Agent({ keepAlive: true });
    const failed = ask(dying).catch(({ code, message }) => [code, message]);
    dying.destroy();
    told("destroyed meanwhile", await failed);
    told("destroyed meanwhile then", await settled(dying, names));

    const one = new Agent({ keepAlive: true, maxSockets: 1 });
    const given = client.get(`${urls[kind]}/never`, { agent: one }).on("error", () => undefined);
    const waiting = [ask(one), ask(one)];
    const dropped = client.get(`${urls[kind]}/echo`, { agent: one }).on("error", () => undefined);
    dropped.destroy();
    setImmediate(() => given.destroy());
    told("after one that was given up", (await Promise.all(waiting)).map(({ status }) => status).join());
    const nobody = `${urls[kind].replace(/:\d+.*/, "")}:${await closedPort()}`;
    const lost = Array.from({ length: 3 }, () => asked(client, nobody, { agent: one }).catch(() => "failed"));
    told("nobody there", await Promise.all(lost));
    told("nobody there then", await settled(one, (agent) => Object.keys(tables(agent, (text) => text).requests)));
    one.destroy();

    class Named extends Agent {
      getName(options) {
        return `mine:${super.getName(options)}`;
      }
      keepSocketAlive(socket) {
        told("asked whether to keep", true);
        return super.keepSocketAlive(socket);
      }
      reuseSocket(socket, request) {
        told("told of reuse", true);
        super.reuseSocket(socket, request);
      }
    }
    const named = new Named({ keepAlive: true });
    told("a class of its own", [await ask(named), await ask(named), names(named)]);
    named.destroy();

    const others = {
      agentkeepalive: new KeepAlive[kind]({ maxSockets: 1 }),
      "agent-base": new Based({ keepAlive: true, maxSockets: 1 }),
    };
    for (const [name, agent] of Object.entries(others)) {
      const answers = await Promise.all([ask(agent), ask(agent)]);
      told(name, [answers, await ask(agent), names(agent), agent.statusChanged ?? null]);
      agent.destroy();
    }
  }
}

/** Gives the status, and whether the connection was used before. */
async function asked(client, url, options) {
  const request = client.get(url, options);
  const [response] = await once(request, "response");
  response.resume();
  await once(response, "close");
  // The agent hears of it a tick later.
  await new Promise((resolve) => setImmediate(resolve));
  return { status: response.statusCode, reused: request.reusedSocket };
}

async function closedPort() {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** How many connections and requests an agent has by which names, and in all. */
function tables({ sockets, freeSockets, requests, totalSocketCount }, comparable) {
  const counts = (table) => Object.fromEntries(Object.entries(table).map(([name, list]) => [name, list.length]));
  const text = JSON.stringify({
    sockets: counts(sockets),
    freeSockets: counts(freeSockets),
    requests: counts(requests),
  });
  return { ...JSON.parse(comparable(text)), totalSocketCount };
}

/** What is said of an agent once its connections have had the time to close. */
async function settled(agent, tell) {
  for (let waited = 0; waited < 60 && agent.totalSocketCount > 1; waited++)
    await new Promise((resolve) => setTimeout(resolve, 5));
  for (let waited = 0; waited < 60 && agent.totalSocketCount > 0; waited++)
    await new Promise((resolve) => setTimeout(resolve, 5));
  return tell(agent);
}

/** A request without an answer: what its agent's patience comes to. */
function timedOut(client, url, agent) {
  const told = [];
  const request = client.get(url, { agent });
  request.on("timeout", () => {
    told.push("timeout");
    request.destroy();
  });
  request.on("error", ({ code }) => told.push(code));
  return new Promise((resolve) => request.on("close", () => resolve(told)));
}
