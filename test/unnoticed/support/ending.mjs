// A process of its own that ends in one way: `fork(ending.mjs, [WAY, SECURE, PLAIN])`.
import http from "node:http";
import https from "node:https";

const [way, secure, plain] = process.argv.slice(2);
const say = (...words) => process.stdout.write(`${words.join(" ")}\n`);
const ask = (client, url, answered, options = {}) => client.get(url, options, answered);
const each = (act) => {
  act(https, secure);
  act(http, plain);
};
/** Nobody answers there. Whether it gets as far as the server before the process ends is not compared. */
const never = (url) => new URL("/unseen/never", url);

const ways = {
  "exit at an answer": () =>
    ask(https, `${secure}/echo`, ({ statusCode }) => {
      say(statusCode);
      process.exit(3);
    }),
  "exit meanwhile": () => {
    each((client, url) => ask(client, never(url), say).on("error", say));
    void fetch(never(secure));
    setImmediate(() => process.exit(4));
  },
  "a throw at an answer": () => ask(http, `${plain}/echo`, () => missing.property),
  "answers that nobody waits for": () => {
    each((client, url) => ask(client, never(url), say).on("socket", (socket) => socket.unref()));
    process.on("beforeExit", () => say("nothing is left to do"));
  },
  "connections that are kept": () => {
    each((client, url) => {
      const agent = new client.Agent({ keepAlive: true });
      ask(client, `${url}/echo?at-once=1`, (answer) => say(answer.resume().statusCode), { agent });
    });
    void fetch(`${secure}/echo?at-once=2`).then(async (answer) => say((await answer.text()).length));
    process.on("exit", (status) => say("exit", status));
  },
};
process.on("uncaughtExceptionMonitor", ({ name, code }) => say(name, code));
ways[way]();
