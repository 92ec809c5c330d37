import http from "node:http";
import https from "node:https";
import { text } from "node:stream/consumers";
import { openNetwork, type Network } from "./support/network.js";
import { startLoginSquid, type LoginSquid } from "./support/login-squid.js";
import { basicHeader, expect, origin, test, trustRoot } from "./support/scene.js";

const many = 20;

/** Each on a connection of its own. */
function get(network: Network, url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const isTls = url.startsWith("https:");
    const agent = isTls ? network.agents.https : network.agents.http;
    const request = (isTls ? https : http).get(url, { agent, headers: { connection: "close" } });
    request.on("response", (answer) => text(answer).then(() => resolve(String(answer.statusCode)), reject));
    request.on("error", (error) => resolve((error as { code?: string }).code ?? error.message));
  });
}

const times = (count: number, ask: () => Promise<string>): Promise<readonly string[]> =>
  Promise.all(Array.from({ length: count }, ask));
const all = (outcome: string): readonly string[] => Array.from({ length: many }, () => outcome);

async function refusals({ log }: LoginSquid, password: string): Promise<number> {
  const login = basicHeader({ username: "alice", password });
  return (await log.lines()).filter((line) => line.status === "407" && line.login === login).length;
}

test.for(["CONNECT", "absolute form"] as const)(
  "a password that is changed in squid costs no request, and one run of the command (%s)",
  async (form, { scene, skip }) => {
    await using squid = (await startLoginSquid("old")) ?? skip("squid is missing");
    const { nginx } = scene.site;
    const url = form === "CONNECT" ? origin(nginx.tls) : `http://origin.test:${nginx.plain}/`;
    await using network = await openNetwork({ SALLYPORT_CONFIG: squid.config, ...trustRoot(scene) });
    expect(await times(many, () => get(network, url))).toEqual(all("200"));
    await squid.tell("new");
    await squid.change("new", "old");
    await squid.log.mark();
    expect(await times(many, () => get(network, url))).toEqual(all("200"));
    const wrong = await refusals(squid, "old");
    expect(wrong).toBeGreaterThan(0);
    expect(await squid.runs()).toBe(2);
    expect(await times(many, () => get(network, url))).toEqual(all("200"));
    expect([await refusals(squid, "old"), await squid.runs()]).toEqual([wrong, 2]);
  },
);

test("a wrong password is one wrong login in squid's log, and a host that squid refuses to this user alone stays alone", async ({
  scene,
  skip,
}) => {
  await using squid = (await startLoginSquid("right")) ?? skip("squid is missing");
  await squid.tell("wrong");
  const url = origin(scene.site.nginx.tls);
  await using network = await openNetwork({ SALLYPORT_CONFIG: squid.config, ...trustRoot(scene) });
  expect(await times(many, () => get(network, url))).toEqual(all("PROXY_AUTH_REJECTED"));
  expect(await times(many, () => get(network, url))).toEqual(all("PROXY_AUTH_REJECTED"));
  expect(await refusals(squid, "wrong")).toBe(1);

  await squid.tell("right");
  await using other = await openNetwork({ SALLYPORT_CONFIG: squid.config, ...trustRoot(scene) });
  expect(await get(other, url)).toBe("200");
  const blocked = origin(scene.site.nginx.tls, { name: "blocked.test" });
  expect(await times(many, () => get(other, blocked))).toEqual(all("PROXY_AUTH_REJECTED"));
  expect(await times(many, () => get(other, url))).toEqual(all("200"));
});
