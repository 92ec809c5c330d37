import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import * as undici from "undici";
import { loadUndiciCore } from "./undici.js";

test("a dispatcher is made of undici's own classes, so that instanceof holds for who loads all of undici", () => {
  const core = loadUndiciCore();
  expect(core.Dispatcher).toBe(undici.Dispatcher);
  expect(core.errors).toBe(undici.errors);
  expect(core.util.parseHeaders).toBe(undici.util.parseHeaders);
});

test("a dispatcher loads neither undici's fetch nor its caches and mocks, and has all methods of one all the same", async () => {
  const program = `
    import { createRequire } from "node:module";
    import { createServer } from "node:http";
    import { createNetwork } from ${JSON.stringify(new URL("../../dist/index.js", import.meta.url).href)};
    const server = createServer((_request, response) => response.end("hello"));
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    const origin = "http://127.0.0.1:" + server.address().port;
    const { cache } = createRequire(import.meta.url);
    const all = () => Object.keys(cache).filter((name) => /undici.lib.(web|mock|cache|global)/.test(name)).length;
    const network = await createNetwork();
    await new Promise((onResponseEnd, onResponseError) =>
      network.dispatcher.dispatch({ origin, path: "/", method: "GET" }, { onRequestStart() {}, onResponseEnd, onResponseError }));
    const loaded = all();
    const plain = await (await network.dispatcher.request({ origin, path: "/", method: "GET" })).body.text();
    const composed = network.dispatcher.compose((dispatch) => (options, handler) => dispatch({ ...options, path: "/x" }, handler));
    const through = await (await composed.request({ origin, path: "/", method: "GET" })).body.text();
    console.log(JSON.stringify({ loaded, plain, through }));
    server.close();
  `.replace("const network", "const network");
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--input-type=module", "-e", `${program}\nawait network.close();`],
    { cwd: fileURLToPath(new URL("../..", import.meta.url)) },
  );
  expect(JSON.parse(stdout)).toEqual({ loaded: 0, plain: "hello", through: "hello" });
});
