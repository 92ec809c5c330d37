import { expect, it } from "vitest";
import { fault } from "../../../test/cli/support/schemas.js";
import { startGateway } from "../index.js";
import { busyStatus } from "./testing/busy-status.js";
import { gatewayStatusSchema } from "./testing/status-schema.js";

const schema = gatewayStatusSchema(fault);
const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

it("/status.json of a busy gateway follows its schema", () => {
  expect(schema.parse(throughJson(busyStatus))).toEqual(throughJson(busyStatus));
});

it("/status.json of a gateway that has just started follows its schema", async () => {
  const gateway = await startGateway({
    source: { variables: { HTTPS_PROXY: "http://proxy.example:3128", NO_PROXY: "a.example,*.*" } },
  });
  try {
    const { url, token = "" } = gateway;
    const answer = await fetch(`${url}/status.json`, { headers: { authorization: `Bearer ${token}` } });
    const status = schema.parse(await answer.json());
    expect(status).toMatchObject({
      listening: url,
      routes: [
        { hosts: "a.example" },
        { hosts: "loopback and link-local addresses" },
        { way: "http://proxy.example:3128" },
        { way: "direct" },
      ],
      warnings: [{ code: "NO_PROXY_ENTRY_INVALID" }],
    });
  } finally {
    await gateway.destroy();
  }
});
