import { beforeEach, expect, test } from "vitest";
import { person } from "../../support/oauth/person.js";
import { OAuthServer } from "../../support/oauth/server.js";
import { standardLab } from "../../support/standard-lab.js";
import { pairInFiles } from "../rotation/support/rotating.js";
import { networkAt } from "../support/office.js";
import { localhostTls } from "./support/mcp-server.js";

const lab = await standardLab();
const tls = await localhostTls(lab);
/** Through the proxy although the server is on this machine. */
const office = { noProxy: "<-loopback>" };

let server: OAuthServer;
beforeEach(async () => {
  server = await OAuthServer.start(tls);
  return () => server[Symbol.asyncDispose]();
});

test("a login by browser goes out through the proxy's login, and shows the client certificate", async () => {
  await using way = await networkAt(lab, lab.basic, office);
  await using alice = await person(server, { way });
  expect(await alice.program().call()).toBe(200);
  expect(server.of("token")).toMatchObject([{ peer: "alice" }]);
  const reached = lab.log.of("basic", "connect").map((event) => JSON.stringify(event));
  expect(reached.filter((line) => line.includes("localhost")).length).toBeGreaterThan(0);
  expect(reached.filter((line) => line.includes("127.0.0.1")).length).toBeGreaterThan(0);
});

test("a client is proved by its certificate, at the endpoint that is for certificates", async () => {
  Object.assign(server.behave, { tokenAuth: "tls_client_auth", bound: true });
  server.behave.fields = {
    grant_types_supported: ["client_credentials"],
    mtls_endpoint_aliases: { token_endpoint: `${server.issuer}/mtls/token` },
  };
  await using way = await networkAt(lab, lab.basic, office);
  await using alice = await person(server, { way, clientId: "robot" });
  expect(await alice.program().call()).toBe(200);
  const [asked] = server.of("token");
  expect(asked).toMatchObject({ path: "/as/mtls/token", peer: "alice", authorization: undefined });
  expect(asked?.body).toMatchObject({ client_id: "robot", grant_type: "client_credentials" });
  expect(asked?.body).not.toHaveProperty("client_secret");
});

test("a token that is bound to a replaced certificate is not sent: there is a new one first", async () => {
  server.behave.bound = true;
  const { files, write } = await pairInFiles(lab, "bound", "old");
  await using way = await networkAt(lab, lab.basic, { ...office, clientCertificate: false, ...files });
  await using alice = await person(server, { way });
  const program = alice.program();
  expect(await program.call()).toBe(200);
  await write("new");
  await way.reload();
  const before = server.of("mcp").length;
  expect(await program.call()).toBe(200);
  expect(
    server
      .of("mcp")
      .slice(before)
      .map(({ status }) => status),
  ).toEqual([200]);
  expect(server.of("token").map(({ peer, body }) => [peer, body["grant_type"]])).toEqual([
    ["old", "authorization_code"],
    ["new", "refresh_token"],
  ]);
});

test("a proxy that refuses is the fault, and no login is begun", async () => {
  await using way = await networkAt(lab, lab.basic, office);
  await using blocked = await networkAt(lab, undefined, { ...office, proxy: "http://127.0.0.1:1" });
  await using alice = await person(server, { way });
  const session = await alice.program({ network: blocked }).login();
  const challenge = { status: 401, header: null, sent: undefined };
  await expect(session.challenged(challenge)).rejects.toMatchObject({ code: "TCP_REFUSED", hop: "proxy" });
  expect(alice.opened).toEqual([]);
});
