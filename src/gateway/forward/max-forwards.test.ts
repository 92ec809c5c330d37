import { describe, expect, it } from "vitest";
import { basicFor, upstream, gatewayAt, RawClient } from "../testing/clients.js";

async function ask(method: string, fields: string): Promise<{ readonly answer: string; readonly seen: string }> {
  let seen = "";
  await using far = await upstream((socket) => {
    socket.on("data", (chunk: Buffer) => {
      seen += chunk.toString("latin1");
      if (seen.endsWith("\r\n\r\n")) socket.end("HTTP/1.1 204 No Content\r\n\r\n");
    });
  });
  await using gateway = await gatewayAt(undefined);
  await using client = await RawClient.to(gateway);
  client.send(
    `${method} http://${far.target}/x HTTP/1.1\r\nHost: ${far.target}\r\n${basicFor(gateway.token)}${fields}\r\n`,
  );
  return { answer: await client.answer(), seen };
}

const credentials = "Cookie: c=secret\r\nAuthorization: Bearer secret\r\nX-Api-Key: secret\r\n";

describe("a request that counts its intermediaries", () => {
  it("ends here at 0: a TRACE shows what came, without credentials", async () => {
    const { answer, seen } = await ask("TRACE", `${credentials}Via: 1.1 before\r\nMax-Forwards: 0\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\ncontent-type: message\/http\r\n/);
    expect(answer).toMatch(/\r\n\r\nTRACE http:\/\/[\d.:]+\/x HTTP\/1\.1\r\n/);
    expect(answer).toContain("Via: 1.1 before\r\n");
    expect(answer).not.toContain("secret");
    expect(answer).not.toMatch(/proxy-authorization/i);
    expect(seen).toBe("");
  });

  it("ends here at 0: an OPTIONS", async () => {
    const { answer, seen } = await ask("OPTIONS", "Max-Forwards: 00\r\n");
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\ncontent-length: 0\r\n/);
    expect(seen).toBe("");
  });

  it.each([
    ["TRACE", "5", "4"],
    ["OPTIONS", "1", "0"],
    ["OPTIONS", "99999999999999999999", "999999"],
    // For other methods it means nothing.
    ["GET", "0", "0"],
  ])("goes on with one less: %s %s", async (method, given, left) => {
    const { answer, seen } = await ask(method, `Max-Forwards: ${given}\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 204 /);
    expect(seen).toMatch(new RegExp(`^Max-Forwards: ${left}\\r$`, "m"));
  });

  it.each(["Max-Forwards: -1\r\n", "Max-Forwards: 0x0\r\n", "Max-Forwards: 0\r\nMax-Forwards: 5\r\n"])(
    "is refused where the number is none, or two: %j",
    async (fields) => {
      const { answer, seen } = await ask("TRACE", fields);
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(seen).toBe("");
    },
  );
});
