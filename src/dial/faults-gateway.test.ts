import { describe, expect, it } from "vitest";
import { ConnectError } from "../base/errors.js";
import { dial } from "./dial.js";
import { encodeFault } from "./faults-gateway.js";
import { proxyAt, scripted, testContext } from "./testing/context.js";

const told = new ConnectError("DNS_NOT_FOUND", {
  hop: "target",
  message: "the name of nowhere.example:443 cannot be resolved on this machine",
  remedy: "check the name",
});

/** What a dial through a proxy on this host throws, which refuses with these fields. */
async function refusedWith(fields: string, host = "localhost"): Promise<unknown> {
  await using proxy = await scripted((socket) => void socket.end(`HTTP/1.1 502 Bad Gateway\r\n${fields}\r\n`));
  const context = testContext({
    hops: [{ ...proxyAt("http", proxy.port), host }],
    system: { lookup: async () => [{ address: "127.0.0.1", family: 4 }] },
  });
  return await dial(context, { protocol: "https:", host: "nowhere.example", port: 443 }).catch(
    (error: unknown) => error,
  );
}

const fields = (code: string, detail: string): string =>
  `sallyport-fault: ${code}\r\nsallyport-fault-detail: ${detail}\r\n`;

describe("a gateway on this machine that refuses a CONNECT", () => {
  it.each(["localhost", "127.0.0.1"])("(%s) has its fault told as if it were found here", async (host) => {
    const error = await refusedWith(fields("DNS_NOT_FOUND", encodeFault(told)), host);
    expect(error).toBeInstanceOf(ConnectError);
    expect((error as ConnectError).toJSON()).toEqual(told.toJSON());
  });

  it("keeps the stage and the hop that it names", async () => {
    const fault = new ConnectError("TLS_EXPIRED", {
      hop: "proxy",
      stage: "proxy-tls",
      message: "expired",
      remedy: "renew it",
    });
    expect(await refusedWith(fields("TLS_EXPIRED", encodeFault(fault)))).toMatchObject({
      code: "TLS_EXPIRED",
      stage: "proxy-tls",
      hop: "proxy",
    });
  });

  it("has control characters taken out of what it says, and very long texts cut", async () => {
    const fault = new ConnectError("DNS_NOT_FOUND", {
      hop: "target",
      message: `a\u001b[2Jb${"é😀".repeat(500)}`,
      remedy: "x\r\ny",
    });
    const error = (await refusedWith(fields("DNS_NOT_FOUND", encodeFault(fault)))) as ConnectError;
    expect(error.message.startsWith("a [2Jb")).toBe(true);
    expect(error.message.length).toBeLessThan(410);
    expect(error.remedy).toBe("x y");
  });
});

describe("is not believed, and is a refusal of the proxy like any other,", () => {
  const good = encodeFault(told);
  const other = encodeURIComponent(JSON.stringify({ ...told.toJSON(), stage: "nowhere" }));
  it.each([
    ["what another machine says, whatever its name resolves to", fields("DNS_NOT_FOUND", good), "gateway.example"],
    [
      "a code that there is not",
      fields("ALL_IS_WELL", encodeURIComponent(JSON.stringify({ ...told.toJSON(), code: "ALL_IS_WELL" }))),
      "localhost",
    ],
    [
      "a code of every object",
      fields("toString", encodeURIComponent(JSON.stringify({ ...told.toJSON(), code: "toString" }))),
      "localhost",
    ],
    ["a detail of another code", fields("TCP_REFUSED", good), "localhost"],
    ["a stage that there is not", fields("DNS_NOT_FOUND", other), "localhost"],
    ["a detail that is not JSON", fields("DNS_NOT_FOUND", "%7B"), "localhost"],
    ["a detail that is badly encoded", fields("DNS_NOT_FOUND", "%E0%A4%A"), "localhost"],
    ["a detail that is null", fields("DNS_NOT_FOUND", "null"), "localhost"],
    ["a detail beyond all measure", fields("DNS_NOT_FOUND", good + "%20".repeat(4000)), "localhost"],
    ["a code without a detail", "sallyport-fault: DNS_NOT_FOUND\r\n", "localhost"],
  ])("%s", async (_what, lines, host) => {
    expect(await refusedWith(lines, host)).toMatchObject({ code: "PROXY_BAD_GATEWAY", hop: "proxy" });
  });
});
