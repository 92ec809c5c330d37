import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { expect, test } from "vitest";
import { gatherContext } from "../clients/index.js";
import { startLab } from "../lab/index.js";
import { planLaunch, type QuickAnswer } from "./launch.js";
import type { GatewayReason } from "./types.js";

/** A proxy that takes whatever login comes by this scheme, and leads to one place. */
async function proxyTaking(scheme: "Digest" | "Basic", port: number): Promise<Server> {
  const challenge = scheme === "Basic" ? 'Basic realm="corp"' : 'Digest realm="corp", nonce="one", qop="auth"';
  const answer = (socket: Socket, head: string): void => {
    if (!new RegExp(`^proxy-authorization: ${scheme} `, "im").test(head)) {
      const refused = `HTTP/1.1 407 Login\r\nProxy-Authenticate: ${challenge}\r\nContent-Length: 0\r\n\r\n`;
      socket.once("data", (again) => answer(socket, String(again))).write(refused);
      return;
    }
    const upstream = connect(port, "127.0.0.1").on("error", () => undefined);
    socket.write("HTTP/1.1 200 OK\r\n\r\n");
    socket.pipe(upstream).pipe(socket);
  };
  const server = createServer((socket) => {
    socket.on("error", () => undefined).once("data", (head) => answer(socket, String(head)));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return server;
}

async function reasonsBehind(scheme: "Digest" | "Basic", check: readonly string[] | false): Promise<string[]> {
  await using lab = await startLab();
  const origin = await lab.origin({ name: "api.lab.test" });
  const proxy = await proxyTaking(scheme, origin.port);
  try {
    const variables = {
      HTTPS_PROXY: `http://alice:wonderland@127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      NODE_EXTRA_CA_CERTS: lab.files.bundle,
      SALLYPORT_CERT_STORE: "bundled",
    };
    const context = await gatherContext({ source: { variables } });
    const quickAnswer = async (): Promise<QuickAnswer> => async (_context, connection) => {
      connection.socket.destroy();
      return undefined;
    };
    const plan = await planLaunch(context, ["true"], {
      variables,
      check: check === false ? false : [`https://api.lab.test:${origin.port}/`],
      quickAnswer,
    });
    return plan.reasons.map(({ text }: GatewayReason) => text);
  } finally {
    proxy.close();
  }
}

test("a proxy that takes no login by Basic gets a gateway before it: the check has found out", async () => {
  expect(await reasonsBehind("Digest", ["api"])).toEqual(["a login that most programs cannot make"]);
});

test("one that does gets it for those who have no login or show it around; of one that nobody has asked no more is guessed", async () => {
  const plain = ["a login that some programs cannot present, and others show to servers"];
  expect(await reasonsBehind("Basic", ["api"])).toEqual(plain);
  expect(await reasonsBehind("Digest", false)).toEqual(plain);
});
