// What a program does with undici of its own: each function of it, with its options.
import { once } from "node:events";
import { Readable, Writable } from "node:stream";
import { useMocks, useOptions } from "./undici-options.mjs";

/** @param undici the module of the program's own, of whatever version */
export async function useUndici(undici, { urls, say }) {
  // The classes that it is an instance of count; our fault is its cause.
  const describeError = (error) => {
    const classes = Object.entries(undici.errors).filter(([, each]) => error instanceof each);
    return { name: error.name, code: error.code, classes: classes.map(([name]) => name) };
  };
  const usual = undici.getGlobalDispatcher();
  for (const kind of ["secure", "plain"]) {
    const url = urls[kind];
    const told = async (what, work) => say(`${kind} ${what}`, await work().catch(describeError));
    await requests(undici, url, told);
    await others(undici, url, told);
    const { Agent, Client, Pool, RetryAgent, interceptors } = undici;
    const { origin } = new URL(url);
    const own = {
      agent: new Agent({ connections: 1 }),
      client: new Client(origin),
      pool: new Pool(origin, { connections: 2 }),
      retrying: new RetryAgent(new Agent(), { maxRetries: 1, minTimeout: 1, statusCodes: [418], methods: ["GET"] }),
      redirecting: new Agent().compose(interceptors.redirect({ maxRedirections: 2 })),
      "retrying by interceptor": new Agent().compose(interceptors.retry({ maxRetries: 1, minTimeout: 1 })),
      dumping: new Agent().compose(interceptors.dump({ maxSize: 1024 })),
    };
    for (const [name, dispatcher] of Object.entries(own)) {
      for (const path of ["echo", "redirect", "teapot", "hang-up"])
        await told(`${name} ${path}`, async () => tell(await undici.request(`${url}/${path}`, { dispatcher })));
      await told(`${name} fetch`, async () => (await undici.fetch(`${url}/echo`, { dispatcher })).text());
      await dispatcher.close();
    }
    await told("after close", () => undici.request(`${url}/echo`, { dispatcher: own.agent }));
    await useOptions(undici, url, told);
  }
  await useMocks(undici, { urls, say, describeError });
  await mocks(undici, urls, say, describeError);
  undici.setGlobalDispatcher(usual);
}

async function tell({ statusCode, headers, trailers, body, opaque, context }) {
  return { statusCode, headers, text: await body.text(), trailers, opaque, context: context && Object.keys(context) };
}

async function requests({ request }, url, told) {
  const ask = (path, options) => async () => tell(await request(`${url}/${path}`, options));
  await told("request", ask("echo"));
  await told("query", ask("echo", { query: { a: 1, b: ["x", "y"], "ü ": "&" } }));
  for (const headers of [
    { "X-Case": "kept", twice: ["1", "2"] },
    ["X-List", "1", "x-list", "2"],
    new Map([["x-map", "1"]]),
  ])
    await told(`headers ${headers.constructor.name}`, ask("echo", { headers }));
  const bodies = {
    text: "text",
    bytes: Buffer.from("bytes"),
    view: new Uint8Array([1, 2]),
    stream: Readable.from(["a ", "stream"]),
    iterable: (async function* () {
      yield "itera";
      yield "ble";
    })(),
  };
  for (const [name, body] of Object.entries(bodies)) await told(`body ${name}`, ask("echo", { method: "POST", body }));
  const failing = () =>
    new Readable({
      read() {
        this.destroy(new RangeError("mine"));
      },
    });
  await told("failing body", ask("echo", { method: "POST", body: failing() }));
  await told("wrong length", ask("echo", { method: "POST", body: "text", headers: { "content-length": "9" } }));
  await told("opaque", ask("echo", { opaque: { mine: true } }));
  await told("raw headers", ask("echo", { responseHeaders: "raw" }));
  await told("reset", ask("echo", { reset: true }));
  await told("idempotent", ask("echo", { idempotent: true, method: "POST", body: "text" }));
  await told("blocking", ask("echo", { blocking: true }));
  await told("late head", ask("never", { headersTimeout: 200 }));
  await told("trailers", ask("trailers"));
  await told("cut", ask("cut"));
  await told("hang-up", ask("hang-up", { method: "POST" }));
  await told("aborted", ask("echo", { signal: AbortSignal.abort() }));
  const informed = [];
  await told("informed", ask("early", { onInfo: ({ statusCode, headers }) => informed.push([statusCode, headers]) }));
  await told("information", async () => informed);
  for (const wrong of [{ method: "a b" }, { headersTimeout: -1 }, { body: 7, method: "POST" }, { path: 7 }])
    await told(JSON.stringify(wrong), ask("echo", wrong));
}

async function others({ stream, pipeline, upgrade, connect, request }, url, told) {
  const sink = (chunks) => new Writable({ write: (chunk, _encoding, done) => (chunks.push(`${chunk}`), done()) });
  await told("stream", async () => {
    const chunks = [];
    const { opaque, trailers } = await stream(
      `${url}/trailers`,
      { method: "GET", opaque: { chunks } },
      ({ statusCode, opaque: given }) => {
        given.chunks.push(statusCode);
        return sink(given.chunks);
      },
    );
    return [opaque, trailers];
  });
  await told("stream that fails", () => stream(`${url}/cut`, { method: "GET" }, () => sink([])));
  await told("pipeline", async () => {
    const piped = pipeline(
      `${url}/echo`,
      { method: "PUT" },
      ({ statusCode, body }) => ((body.statusCode = statusCode), body),
    );
    piped.end("piped");
    let text = "";
    for await (const chunk of piped) text += chunk;
    return text;
  });
  await told("upgrade", async () => {
    const { headers, socket } = await upgrade(`${url}/up`, { protocol: "echo" });
    socket.write("hello");
    const [data] = await once(socket, "data");
    socket.destroy();
    return [headers, `${data}`];
  });
  await told("connect", () => connect(`${url}/echo`));
  await told("body.json", async () => (await request(`${url}/echo`)).body.json());
  await told("body.dump", async () => (await (await request(`${url}/teapot`)).body.dump()) ?? null);
}

async function mocks({ MockAgent, setGlobalDispatcher, request, fetch: ownFetch }, urls, say, describeError) {
  const mock = new MockAgent();
  setGlobalDispatcher(mock);
  mock.disableNetConnect();
  const { origin } = new URL(urls.secure);
  mock
    .get(origin)
    .intercept({ path: "/mocked", method: "GET" })
    .reply(201, { mocked: true }, { headers: { "x-mock": "1" } })
    .times(3);
  const mocked = await request(`${origin}/mocked`);
  say("mocked", [mocked.statusCode, mocked.headers, await mocked.body.json()]);
  say("mocked fetch", [await (await ownFetch(`${origin}/mocked`)).json()]);
  say("not mocked", await request(`${origin}/other`).catch(describeError));
  say("pending", mock.pendingInterceptors().length);
  mock.enableNetConnect();
  say("let through", (await (await request(`${urls.secure}/echo`)).body.json()).method);
  await mock.close();
}
