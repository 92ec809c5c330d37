import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { expect, it } from "vitest";
import { gatewayAt } from "../testing/clients.js";

it("a captured program that never ends its head is told so, and let go of", async () => {
  await using gateway = await gatewayAt(undefined, { captures: true, headTimeout: 300 });
  const captured = createServer((socket: Socket) => gateway.take(socket, { host: "slow.test", port: 80 }));
  captured.listen(0, "127.0.0.1");
  await once(captured, "listening");
  const client = connect((captured.address() as AddressInfo).port, "127.0.0.1").setEncoding("utf8");
  let said = "";
  client.on("data", (chunk: string) => (said += chunk));
  client.write("GET / HTTP/1.1\r\nHost: slow.test\r\n");
  await once(client, "close");
  captured.close();
  expect(said).toMatch(/^HTTP\/1\.1 408 /);
});
