import { describe, expect, it } from "vitest";
import { Bridged, initialize, serve, welcome } from "./support/bridged.js";

describe("a bridge whose server or client misbehaves answers with the fault", () => {
  it("a web page is called one, by its title", async () => {
    await using server = await serve(({ answer }) =>
      answer.writeHead(403, { "content-type": "text/html" }).end("<html><title>Blocked by policy</title></html>"),
    );
    await using bridge = await Bridged.to(server.url);
    const { error } = await bridge.ask(initialize);
    expect(error?.data).toMatchObject({ code: "HTTP_BLOCK_PAGE", hop: "target" });
    expect(error?.message).toContain("Blocked by policy");
    expect(bridge.faults).toEqual(["HTTP_BLOCK_PAGE"]);
  });

  it("a server that speaks no MCP is named, with what to check", async () => {
    await using server = await serve(({ answer }) =>
      answer.writeHead(200, { "content-type": "text/plain" }).end("hello"),
    );
    await using bridge = await Bridged.to(server.url);
    const { error } = await bridge.ask(initialize);
    expect(error?.data?.["code"]).toBe("MCP_ANSWER_INVALID");
    expect(error?.data?.["remedy"]).toContain("/mcp");
  });

  it("a stream that ends in the middle of an event is no answer", async () => {
    await using server = await serve(({ answer }) => {
      answer.writeHead(200, { "content-type": "text/event-stream" });
      answer.end('data: {"jsonrpc":"2.0","id":1,');
    });
    await using bridge = await Bridged.to(server.url);
    const { error } = await bridge.ask(initialize);
    expect(error?.data?.["code"]).toBe("HTTP_CLOSED");
    expect(error?.message).toContain("in the middle of a message");
  });

  it("a message of ten megabytes passes in both directions", async () => {
    await using server = await serve(({ message, json }) =>
      json({ jsonrpc: "2.0", id: message.id ?? null, result: message.params ?? {} }),
    );
    await using bridge = await Bridged.to(server.url);
    const text = "ä".repeat(5_000_000);
    const { result } = await bridge.ask({ id: 7, method: "tools/call", params: { name: "echo", text } });
    expect(result?.["text"] === text).toBe(true);
  });

  it("a line that is not JSON is answered as a parse error, and the next line is read", async () => {
    await using server = await serve(({ message, json }) =>
      json({ jsonrpc: "2.0", id: message.id ?? null, result: {} }),
    );
    await using bridge = await Bridged.to(server.url);
    bridge.write("{nonsense\n");
    const { error } = await bridge.answer(null);
    expect(error).toMatchObject({ code: -32700, data: { code: "MCP_MESSAGE_INVALID" } });
    expect((await bridge.ask({ id: 2, method: "ping" })).result).toEqual({});
  });

  it("a server that answers 401 to everything is asked once, and the client told that a login is missing", async () => {
    await using server = await serve(({ answer }) => answer.writeHead(401).end());
    await using bridge = await Bridged.to(server.url);
    const { error } = await bridge.ask(initialize);
    expect(error?.data?.["code"]).toBe("MCP_LOGIN_REQUIRED");
    expect(server.seen).toHaveLength(1);
  });

  it("a login that is refused as soon as it is given ends in an answer, not in a loop", async () => {
    await using server = await serve(({ answer }) => answer.writeHead(401).end());
    const login = {
      authorization: async () => "Bearer token",
      challenged: async () => true,
      close: async () => undefined,
    };
    await using bridge = await Bridged.to(server.url, {
      login: { stored: async () => false, open: async () => login },
    });
    const { error } = await bridge.ask(initialize);
    expect(error?.data?.["code"]).toBe("MCP_LOGIN_REQUIRED");
    expect(server.seen.map(({ headers }) => headers.authorization)).toEqual([
      undefined,
      "Bearer token",
      "Bearer token",
    ]);
  });

  it("a session that is forgotten for good is a fault of the request that found out", async () => {
    let handshakes = 0;
    await using server = await serve(({ message, answer, json }) => {
      if (message.method !== "initialize") answer.writeHead(404).end();
      else if (++handshakes === 1) json({ jsonrpc: "2.0", id: 1, result: welcome }, { "mcp-session-id": "a" });
      else answer.writeHead(503).end();
    });
    await using bridge = await Bridged.to(server.url);
    await bridge.ask(initialize);
    const { error } = await bridge.ask({ id: 2, method: "tools/list" });
    expect(error?.data?.["code"]).toBe("MCP_SESSION_LOST");
  });

  it("--protocol modern is refused by a server of the other era", async () => {
    await using server = await serve(({ answer }) => answer.writeHead(400).end());
    await using bridge = await Bridged.to(server.url, { protocol: "modern" });
    const { error } = await bridge.ask(initialize);
    expect(error?.data?.["code"]).toBe("MCP_VERSION_UNSUPPORTED");
  });

  it("a tool that is denied is in no list, and a call of it reaches no server", async () => {
    await using server = await serve(({ message, json }) =>
      json({ jsonrpc: "2.0", id: message.id ?? null, result: { tools: [{ name: "read" }, { name: "delete_all" }] } }),
    );
    await using bridge = await Bridged.to(server.url, { tools: { deny: ["delete_*"] } });
    expect((await bridge.ask({ id: 1, method: "tools/list" })).result).toEqual({ tools: [{ name: "read" }] });
    const { error } = await bridge.ask({ id: 2, method: "tools/call", params: { name: "delete_all" } });
    expect(error?.data?.["code"]).toBe("MCP_TOOL_NOT_ALLOWED");
    expect(server.seen).toHaveLength(1);
  });
});
