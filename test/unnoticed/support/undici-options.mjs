// Options of undici's agents, requests, interceptors and mocks, one by one: those that its version has.

/** @param told names an outcome: `told(what, work)` */
export async function useOptions(undici, url, told) {
  const { Agent, BalancedPool, EnvHttpProxyAgent, RetryAgent, RoundRobinPool, interceptors, request } = undici;
  const ask = async (path, dispatcher, options) => {
    const { statusCode, headers, body } = await request(`${url}/${path}`, { dispatcher, ...options });
    return [statusCode, Object.keys(headers), await body.text()];
  };
  const { origin, hostname, protocol } = new URL(url);
  for (const [name, options] of Object.entries(protocol === "https:" ? ofTls(hostname) : ofAgents)) {
    const agent = new Agent(options);
    // The second one may go on the first one's connection.
    await told(`agent, ${name}`, async () => [await ask("echo", agent), await ask("echo", agent)]);
    await agent.close();
  }
  for (const [name, [path, options]] of Object.entries(ofRequests()))
    await told(`request, ${name}`, () => ask(path, undefined, options));
  const others = {
    BalancedPool: () => new BalancedPool([origin]),
    RoundRobinPool: () => new RoundRobinPool(origin),
    // It would go to the proxy of the variables by itself.
    EnvHttpProxyAgent: () => new EnvHttpProxyAgent({ noProxy: "*" }),
    "retries of another kind": () => new RetryAgent(new Agent(), { retry: (error, _state, done) => done(error) }),
  };
  for (const [name, make] of Object.entries(others)) {
    // Not every version has each.
    if (/^[A-Z]/.test(name) && undici[name] === undefined) continue;
    const dispatcher = make();
    for (const path of ["echo", "hang-up"]) await told(`${name} ${path}`, () => ask(path, dispatcher));
    await dispatcher.close();
  }
  for (const [name, [options, path]] of Object.entries(ofInterceptors)) {
    if (interceptors[name] === undefined) continue;
    const agent = new Agent().compose(interceptors[name](options));
    const twice = async () => [await ask(path, agent), await ask(path, agent)];
    await told(`interceptor ${name}`, twice);
    await agent.close();
  }
  const ended = new Agent();
  const asked = ask("../unseen/never", ended);
  await told("destroyed meanwhile", () => Promise.all([asked, ended.destroy(new RangeError("mine"))]));
}

const ofAgents = {
  "one after the other": { connections: 1, pipelining: 0 },
  pipelining: { connections: 1, pipelining: 4 },
  "times to keep": { keepAliveTimeout: 50, keepAliveMaxTimeout: 100, keepAliveTimeoutThreshold: 10 },
  "one request each": { connections: 1, maxRequestsPerClient: 1, clientTtl: 1000 },
  maxHeaderSize: { maxHeaderSize: 16 },
  maxResponseSize: { maxResponseSize: 4 },
  "times to wait": { headersTimeout: 5000, bodyTimeout: 5000, connectTimeout: 5000 },
  strictContentLength: { strictContentLength: false },
  autoSelectFamily: { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: 250 },
  "options of connect": { connect: { timeout: 5000, keepAlive: true } },
  maxOrigins: { maxOrigins: 1 },
};

/** Few: each of them reads the authorities again. */
const ofTls = (hostname) => ({
  "options of connect": { allowH2: false, connect: { timeout: 5000, maxCachedSessions: 1, servername: hostname } },
  "no authority": { connect: { ca: [] } },
});

const ofRequests = () => ({
  expectContinue: ["echo", { method: "POST", body: "text", expectContinue: true }],
  bodyTimeout: ["cut", { bodyTimeout: 5000 }],
  throwOnError: ["teapot", { throwOnError: true }],
  maxRedirections: ["redirect", { maxRedirections: 1 }],
  highWaterMark: ["echo", { highWaterMark: 1 }],
  origin: ["echo", { headers: { host: "other.test" } }],
  typeOfService: ["echo", { typeOfService: 8 }],
  HEAD: ["echo", { method: "HEAD" }],
  signal: ["../unseen/never", { signal: AbortSignal.timeout(100) }],
});

/** With their options, and what shows what they do. */
const ofInterceptors = {
  responseError: [{}, "teapot"],
  dns: [
    {
      maxTTL: 1000,
      // As a resolver does, which answers later.
      lookup: (_origin, _options, done) =>
        void Promise.resolve([{ address: "127.0.0.1", family: 4, ttl: 60_000 }]).then((found) => done(null, found)),
    },
    "echo",
  ],
  cache: [{}, "echo"],
  decompress: [{}, "echo"],
  deduplicate: [{}, "echo"],
  redirect: [{ maxRedirections: 1 }, "redirect"],
};

/** What a program's tests do with undici's own mocks. */
export async function useMocks({ MockAgent, MockClient, MockPool, request }, { urls, say, describeError }) {
  const mock = new MockAgent({ connections: 1, enableCallHistory: true });
  const { origin } = new URL(urls.secure);
  const ask = async (path, options) => {
    const { statusCode, headers, trailers, body } = await request(`${origin}${path}`, { dispatcher: mock, ...options });
    return [statusCode, headers, trailers, await body.text()];
  };
  const told = async (what, path, options) => say(`mock, ${what}`, await ask(path, options).catch(describeError));
  const pool = mock.get(origin);
  say("mock, kinds", [pool instanceof MockClient, pool instanceof MockPool]);
  pool.intercept({ path: "/kept" }).reply(200, "kept").persist();
  pool.intercept({ path: /\d/, query: { a: "1" } }).reply(200, ({ path, method }) => `${method} ${path}`);
  pool
    .intercept({ path: "/posted", method: "POST", body: /^te/, headers: { "x-one": "1" } })
    .defaultReplyHeaders({ "x-mine": "1" })
    .defaultReplyTrailers({ "x-end": "1" })
    .replyContentLength()
    .reply(201, "posted")
    .delay(5);
  pool.intercept({ path: "/broken" }).replyWithError(new RangeError("mine"));
  for (const time of ["first", "second"]) await told(`kept, ${time}`, "/kept");
  await told("posted", "/posted", { method: "POST", body: "text", headers: { "x-one": "1" } });
  await told("broken", "/broken");
  const { pathname } = new URL(urls.secure);
  await told("let through", `${pathname}/echo`);
  mock.deactivate();
  await told("deactivated", `${pathname}/echo`);
  mock.activate();
  mock.enableNetConnect(/nowhere/);
  await told("not let through", `${pathname}/echo`);
  say("mock, calls", mock.getCallHistory?.()?.calls().length ?? null);
  await mock.close();
}
