/**
 * The package as a program sees it that has installed it: run in a folder where it is a dependency.
 * Ends with `N passed, N failed`.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);
const manifestFile = require.resolve("sallyport/package.json");
const manifest = JSON.parse(readFileSync(manifestFile, "utf8"));
const program = join(dirname(manifestFile), manifest.bin.sallyport);

/** What a program that only imports the library must not pay for. */
const heavy = /^(NativeModule|Internal Binding) (tls|https|http2|dns|child_process|worker_threads)$/;

const checks = {
  "the library has its named exports": async () => {
    const library = await import("sallyport");
    for (const name of [
      "createNetwork",
      "createFetch",
      "createAgent",
      "createDispatcher",
      "install",
      "readEnvironment",
      "resolvePolicy",
      "selectRoute",
      "dial",
      "isConnectError",
    ]) {
      assert.equal(typeof library[name], "function", name);
    }
    assert.equal(library.default, undefined);
  },
  "importing the library loads neither TLS nor a dependency": () => {
    const script = `
      import "sallyport";
      import { createRequire } from "node:module";
      const cached = Object.keys(createRequire(process.cwd() + "/x.js").cache);
      console.log(JSON.stringify([...process.moduleLoadList, ...cached]));`;
    const options = { cwd: dirname(new URL(import.meta.url).pathname), encoding: "utf8" };
    const loaded = JSON.parse(execFileSync(process.execPath, ["--input-type=module", "-e", script], options));
    assert.deepEqual(
      loaded.filter((name) => heavy.test(name) || /node_modules.(undici|zod|@peculiar|commander)/.test(name)),
      [],
    );
  },
  "a policy and a route come out of the installed package": async () => {
    const { readEnvironment, resolvePolicy, selectRoute } = await import("sallyport");
    const snapshot = {
      variables: { https_proxy: "http://proxy.example:3128" },
      platform: "linux",
      cwd: "/",
      home: "/",
      configFiles: [],
    };
    const route = await selectRoute(await resolvePolicy(snapshot), "https://api.example.com/");
    assert.equal(route.kind, "proxy");
    assert.equal(route.hops[0].host, "proxy.example");
    assert.equal((await readEnvironment({ variables: {} })).prefix, "SALLYPORT");
  },
  "the preload, by the package's name, leaves no fetch to itself": () => {
    const script = "fetch('http://localhost/').catch((error) => console.log(String(error.cause?.message)))";
    for (const flag of ["--import", "--require"]) {
      const told = execFileSync(process.execPath, [flag, "sallyport/register", "-e", script], {
        encoding: "utf8",
        cwd: dirname(new URL(import.meta.url).pathname),
        env: { PATH: process.env.PATH, HTTP_PROXY: "gopher://proxy.example", NO_PROXY: "<-loopback>" },
      });
      assert.match(told, /gopher/, flag);
    }
  },
  "a gateway starts and stops": async () => {
    const { startGateway } = await import("sallyport/gateway");
    const gateway = await startGateway({ source: { variables: {} } });
    assert.match(gateway.proxyUrl, /^http:\/\/[^@]+@127\.0\.0\.1:\d+/);
    await gateway.close();
  },
  "a fetch for MCP servers takes a network": async () => {
    const { createMcpFetch } = await import("sallyport/mcp");
    const { createNetwork } = await import("sallyport");
    const network = await createNetwork({ source: { variables: {} } });
    await assert.rejects(createMcpFetch(network)("http://127.0.0.1:1/"), { message: "fetch failed" });
    await network.close();
  },
  "the lab starts and stops": async () => {
    const { startLab } = await import("sallyport/lab");
    const lab = await startLab();
    await lab.close();
  },
  "the schemas can be resolved": () => {
    for (const name of ["config.json"]) JSON.parse(readFileSync(require.resolve(`sallyport/schema/${name}`), "utf8"));
  },
  "sallyport --version prints the version": () => {
    assert.equal(execFileSync(process.execPath, [program, "--version"], { encoding: "utf8" }).trim(), manifest.version);
  },
  "sallyport --help names the commands": () => {
    assert.match(
      execFileSync(process.execPath, [program, "--help"], { encoding: "utf8" }),
      /doctor[\s\S]*explain|explain[\s\S]*doctor/,
    );
  },
  "sallyport demo proves its scenes": () => {
    execFileSync(process.execPath, [program, "demo"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 60_000,
    });
  },
};

let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    console.log(`✓ ${name}`);
  } catch (error) {
    failed++;
    console.log(`✗ ${name}\n${error instanceof Error ? error.message : String(error)}`);
  }
}
console.log(`${Object.keys(checks).length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
