import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { System } from "../../base/system.js";
import { createSystem, readEnvironment } from "../../env/index.js";
import { resolvePolicy, type PolicyOptions } from "../../policy/index.js";
import { createRouter, type Router } from "../router.js";
import type { Route } from "../types.js";
import type { PacFiles } from "../router-options.js";
import type { PacDownload, PacMarks } from "./source.js";

let folder = "";
const files: PacFiles[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sallyport-pac-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(() => {
  for (const known of files.splice(0))
    for (const source of known.values()) if (isOpen(source)) source.sandbox().close();
});

function isOpen(source: { sandbox(): unknown }): boolean {
  try {
    return source.sandbox() !== undefined;
  } catch {
    return false;
  }
}

interface Server {
  asked: PacMarks[];
  answer: () => PacDownload;
}

class Clock {
  ms = 1000;
  readonly system: System = { ...createSystem(), monotonic: () => this.ms };
}

function router(
  options: PolicyOptions,
  parts: { system?: System; server?: Server; milliseconds?: number } = {},
): Router {
  const known: PacFiles = new Map();
  files.push(known);
  const policy = resolvePolicy(readEnvironment({ variables: {} }), options);
  return createRouter(policy, {
    system: parts.system ?? createSystem(),
    files: known,
    ...(parts.milliseconds !== undefined && { limits: { milliseconds: parts.milliseconds, bytes: 32 * 1024 * 1024 } }),
    fetch: (_url, marks) => {
      parts.server?.asked.push(marks);
      return Promise.resolve().then(() => parts.server?.answer() ?? { marks: {} });
    },
  });
}

const data = (body: string): string => `data:,${encodeURIComponent(`function FindProxyForURL(url, host) { ${body} }`)}`;
const hops = ({ hops: all }: Route): string =>
  all.map(({ protocol, host, port }) => `${protocol}://${host}:${port}`).join(" ") || "direct";
const ways = (route: Route): string[] => [route, ...(route.others ?? [])].map(hops);

it("a PAC file says where each host goes, and the reason names it", async () => {
  const { route } = router({
    pac: data(`return dnsDomainIs(host, ".corp.example") ? "DIRECT" : "PROXY a:8080; HTTPS b; DIRECT";`),
  });
  const outside = await route("https://api.example.com/path?secret=1");
  expect(ways(outside)).toEqual(["http://a:8080", "https://b:443", "direct"]);
  expect(outside.reason).toBe("the PAC file in a data: URL (the option pac) says PROXY a:8080; HTTPS b:443; DIRECT");
  expect(ways(await route("https://git.corp.example/"))).toEqual(["direct"]);
  // Known by now: nobody waits for it.
  expect(route("https://api.example.com/")).not.toBeInstanceOf(Promise);
});

it("a PAC file sees no path, no query and no login, of http as of https", async () => {
  const { route } = router({ pac: data(`return "PROXY x" + url.replace(/[^a-z0-9]+/g, "-") + "x.example:1";`) });
  expect(hops(await route("https://u:p@host/path?q#f"))).toBe("http://xhttps-host-x.example:1");
  expect(hops(await route("http://host:8080/path?q"))).toBe("http://xhttp-host-8080-x.example:1");
});

it("a proxy that cannot be reached goes behind the others for a while", async () => {
  const clock = new Clock();
  const { route, setAside } = router({ pac: data(`return "PROXY a:1; PROXY b:2";`) }, clock);
  const [first] = (await route("https://x.example/")).hops;
  if (first !== undefined) setAside(first);
  const after = await route("https://x.example/");
  expect(ways(after)).toEqual(["http://b:2", "http://a:1"]);
  expect(after.reason).toContain("what could not be reached lately comes last");
  clock.ms += 61_000;
  expect(ways(await route("https://x.example/"))).toEqual(["http://a:1", "http://b:2"]);
});

it("a proxy gets its login only where a setting names it with one", async () => {
  const { route } = router({
    pac: data(`return "PROXY known.example:8080; PROXY other.example:8080";`),
    proxy: "http://user:hunter2@known.example:8080",
  });
  const { hops: known, others = [] } = await route("https://x.example/");
  expect(known[0]?.login?.username).toBe("user");
  expect(others[0]?.hops[0]?.login).toBeUndefined();
});

it("names are asked for outside of the script, as often as it needs them and no more than that", async () => {
  const asked: string[] = [];
  const lookup: System["lookup"] = (name) => {
    asked.push(name);
    return name.startsWith("n")
      ? Promise.reject(new Error("not found"))
      : Promise.resolve([{ address: "10.1.2.3", family: 4 }]);
  };
  const { route } = router(
    {
      pac: data(
        `for (var i = 0; i < 50; i++) dnsResolve("n" + i); return isInNet(host, "10.0.0.0", "255.0.0.0") ? "DIRECT" : "PROXY a:1";`,
      ),
    },
    { system: { ...createSystem(), lookup } },
  );
  expect(hops(await route("https://x.example/"))).toBe("http://a:1");
  expect(asked).toHaveLength(16);
});

it.each([
  ["an endless loop", `for (;;);`, "PAC_TIMEOUT", "takes longer than 300 ms"],
  [
    "a loop inside the engine, which its own limit does not see",
    `new Array(2 ** 31).join("ab")`,
    "PAC_TIMEOUT",
    "was stopped",
  ],
  [
    "a script that eats memory",
    `var a = []; for (;;) a.push(new Array(500_000).fill(1));`,
    "PAC_INVALID",
    "needs more memory",
  ],
  ["endless recursion", `return FindProxyForURL(url, host);`, "PAC_INVALID", "https://x.example:443"],
  ["a script that throws", `throw new Error("no\\nproxy");`, "PAC_INVALID", "in line 1: Error: no proxy"],
  ["null", `return null;`, "PAC_INVALID", "answers with an object or null instead of text"],
  ["nothing", ``, "PAC_INVALID", "answers with undefined instead of text"],
  ["a number", `return 5;`, "PAC_INVALID", "answers with number instead of text"],
  ["rubbish", `return "<html>";`, "PAC_INVALID", "names something that is not a list of proxies"],
  ["PROXY without a host", `return "PROXY; DIRECT";`, "PAC_INVALID", "names PROXY without a host"],
])("%s is one fault, and never a direct connection", { timeout: 60_000 }, async (_name, body, code, text) => {
  const { route } = router({ pac: data(body) }, code === "PAC_TIMEOUT" ? { milliseconds: 300 } : {});
  const error: unknown = await Promise.resolve(route("https://x.example/")).catch((fault: unknown) => fault);
  expect(error).toMatchObject({ code, hop: "local", stage: "route", message: expect.stringContaining(text) });
});

it("a script that used up its time is not started again at once", { timeout: 60_000 }, async () => {
  const { route } = router({ pac: data(`for (;;);`) }, { milliseconds: 300 });
  const fault = async (url: string): Promise<unknown> =>
    Promise.resolve()
      .then(() => route(url))
      .catch((error: unknown) => error);
  const first = await fault("https://x.example/");
  expect(await fault("https://y.example/")).toBe(first);
});

it.each([
  ["syntax errors", "function FindProxyForURL(", "PAC_INVALID", "is not valid JavaScript"],
  ["another function", "function findProxyForUrl() {}", "PAC_INVALID", "defines no function FindProxyForURL"],
  ["an HTML page", "<!DOCTYPE html><title>Log in</title>", "PAC_INVALID", "is an HTML page"],
  ["nothing", " ", "PAC_INVALID", "is empty"],
  ["5 MB", `//${"x".repeat(5 * 1024 * 1024)}\n`, "PAC_INVALID", "is larger than 1 MB"],
  ["a loop while it is loaded", "for (;;);", "PAC_TIMEOUT", "takes longer than 300 ms"],
])("a file of %s is no PAC file", { timeout: 60_000 }, async (name, text, code, message) => {
  const path = join(folder, `${name.replaceAll(" ", "-")}.pac`);
  await writeFile(path, text);
  const { route } = router({ pac: pathToFileURL(path).href }, { milliseconds: 300 });
  await expect(route("https://x.example/")).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
});

it("a file that is not there is PAC_UNREACHABLE, or direct where the settings say so", async () => {
  const pac = pathToFileURL(join(folder, "none.pac")).href;
  await expect(router({ pac }).route("https://x.example/")).rejects.toMatchObject({
    code: "PAC_UNREACHABLE",
    message: expect.stringContaining("there is no such file"),
  });
  const instead = await router({ pac, pacFallback: "direct" }).route("https://x.example/");
  expect(instead).toMatchObject({ kind: "direct", reason: expect.stringContaining("PAC_UNREACHABLE") });
});

it("a file that is changed counts from then on", async () => {
  const clock = new Clock();
  const path = join(folder, "changing.pac");
  await writeFile(path, `function FindProxyForURL() { return "PROXY a:1"; }`);
  const { route } = router({ pac: pathToFileURL(path).href }, clock);
  expect(hops(await route("https://x.example/"))).toBe("http://a:1");
  await writeFile(path, `function FindProxyForURL() { return "PROXY other:1"; }`);
  clock.ms += 1500;
  expect(hops(await route("https://x.example/"))).toBe("http://other:1");
});

it("a server is asked whether its file has changed, and the last good copy outlives whatever it answers", async () => {
  const clock = new Clock();
  const text = `function FindProxyForURL() { return "PROXY a:1"; }`;
  const server: Server = { asked: [], answer: () => ({ text, marks: { etag: '"1"' }, maxAge: 60 }) };
  const { route } = router({ pac: "http://wpad.example/proxy.pac" }, { system: clock.system, server });
  expect(hops(await route("https://x.example/"))).toBe("http://a:1");
  expect(hops(await route("https://y.example/"))).toBe("http://a:1");
  expect(server.asked).toEqual([{}]);
  clock.ms += 61_000;
  server.answer = () => ({ text: "<html>Log in</html>", marks: {} });
  expect(hops(await route("https://x.example/"))).toBe("http://a:1");
  expect(server.asked).toEqual([{}, { etag: '"1"' }]);
});
