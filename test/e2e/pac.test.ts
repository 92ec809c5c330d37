import { createServer as createWebServer } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createNetwork, type Network } from "../../src/clients/index.js";
import { standardLab } from "../support/standard-lab.js";
import { clients } from "./support/clients.js";

const lab = await standardLab();

/** A port on which nobody listens. */
async function deadPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

let network: Network;
let pac = "";
let dead = 0;
const web = createWebServer();

beforeAll(async () => {
  dead = await deadPort();
  const live = lab.basic;
  const script = `function FindProxyForURL(url, host) {
    if (shExpMatch(host, "*.lab.test")) return "PROXY 127.0.0.1:${dead}; PROXY 127.0.0.1:${live.port}; DIRECT";
    return "DIRECT";
  }`;
  web.on("request", (_request, response) => response.end(script)).listen(0, "127.0.0.1");
  await once(web, "listening");
  pac = `http://127.0.0.1:${(web.address() as AddressInfo).port}/proxy.pac`;
  const variables = {
    SALLYPORT_PAC_URL: pac,
    https_proxy: `http://${lab.login.username}:${encodeURIComponent(lab.login.password)}@127.0.0.1:${live.port}`,
    NODE_EXTRA_CA_CERTS: lab.files.bundle,
  };
  network = await createNetwork({ source: { variables }, lookup: lab.lookup, stores: ["bundled"] });
});
afterAll(async () => {
  await network.destroy();
  web.closeAllConnections();
  web.close();
});

test.each(Object.entries(clients))(
  "%s passes a dead proxy of a PAC file, and logs in at the next",
  async (_client, ask) => {
    lab.log.clear();
    const echo = await ask(network, `${lab.api.url}/echo?from=pac`);
    expect(echo).toMatchObject({ origin: "api.lab.test", url: "/echo?from=pac" });
    expect(echo.headers).not.toHaveProperty("proxy-authorization");
  },
);

test("the proxy that answered saw each of them, and the route says which it is by now", async () => {
  const route = await network.route(`${lab.api.url}/`);
  expect(route.hops.map(({ port }) => port)).toEqual([lab.basic.port]);
  expect(route.others?.at(-1)?.hops[0]?.port).toBe(dead);
  expect(route.reason).toContain("what could not be reached lately comes last");
});
