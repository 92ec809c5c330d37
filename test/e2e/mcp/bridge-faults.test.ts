import { describe, expect, it } from "vitest";
import { Bridged, initialize, serve, serveSse, welcome } from "./support/bridged.js";

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

  it("a line without end is passed over and not kept, and the next line is read", { timeout: 60_000 }, async () => {
    await using server = await serve(({ message, json }) =>
      json({ jsonrpc: "2.0", id: message.id ?? null, result: {} }),
    );
    await using bridge = await Bridged.to(server.url);
    const piece = "x".repeat(1 << 20);
    for (let sent = 0; sent <= 64; sent++) bridge.write(piece);
    bridge.write("\n");
    const { error } = await bridge.answer(null);
    expect(error).toMatchObject({ code: -32600, data: { code: "MCP_MESSAGE_INVALID" } });
    expect(error?.message).toContain("longer than 64 MB");
    expect((await bridge.ask({ id: 2, method: "ping" })).result).toEqual({});
  });

  it.each([
    ["a body", "application/json", '{"jsonrpc":"2.0","id":1,"result":{"text":"'],
    ["an event", "text/event-stream", "data: "],
  ])("%s without end is a fault and not memory without end", { timeout: 60_000 }, async (_what, type, start) => {
    let isCut = false;
    await using server = await serve(({ answer }) => {
      answer.writeHead(200, { "content-type": type });
      answer.write(start);
      const piece = Buffer.alloc(1 << 20, "x");
      // With an error where nobody reads any more: at the next tick, before the close is told, and so without end if it went on.
      const more = (error?: Error | null): void => {
        if (!error && !answer.destroyed) answer.write(piece, more);
      };
      answer.once("close", () => (isCut = true));
      more();
    });
    await using bridge = await Bridged.to(server.url);
    const { error } = await bridge.ask(initialize);
    expect(error?.data?.["code"]).toBe("MCP_ANSWER_INVALID");
    expect(error?.message).toContain("more than 64 MB");
    await expect.poll(() => isCut).toBe(true);
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

  it("a session that is lost is told by 400 in the field, and opened again all the same", async () => {
    let handshakes = 0;
    await using server = await serve(({ method, message, headers, answer, json }) => {
      if (message.method === "initialize") {
        json({ jsonrpc: "2.0", id: message.id ?? null, result: welcome }, { "mcp-session-id": String(++handshakes) });
      } else if (method === "GET") answer.writeHead(405).end();
      else if (message.id === undefined) answer.writeHead(202).end();
      else if (headers["mcp-session-id"] === "1")
        answer.writeHead(400).end("Bad Request: No valid session ID provided");
      else json({ jsonrpc: "2.0", id: message.id, result: { session: headers["mcp-session-id"] } });
    });
    await using bridge = await Bridged.to(server.url);
    await bridge.ask(initialize);
    expect((await bridge.ask({ id: 2, method: "tools/list" })).result).toEqual({ session: "2" });
  });

  it("a server that forgets each session at once is not asked for new ones without end", async () => {
    let handshakes = 0;
    let streams = 0;
    await using server = await serve(({ method, message, answer, json }) => {
      if (message.method === "initialize") {
        json({ jsonrpc: "2.0", id: message.id ?? null, result: welcome }, { "mcp-session-id": String(++handshakes) });
      } else if (method === "GET") {
        streams++;
        answer.writeHead(404).end();
      } else if (message.id === undefined) answer.writeHead(202).end();
      else json({ jsonrpc: "2.0", id: message.id, result: {} });
    });
    await using bridge = await Bridged.to(server.url);
    await bridge.ask(initialize);
    bridge.send({ method: "notifications/initialized" });
    await expect.poll(() => streams, { timeout: 10_000 }).toBe(4);
    expect((await bridge.ask({ id: 2, method: "ping" })).result).toEqual({});
    expect([handshakes, streams]).toEqual([4, 4]);
  });

  it("what a client says while the stream of HTTP+SSE is gone arrives by the next one", async () => {
    await using server = await serveSse();
    await using bridge = await Bridged.to(server.url);
    await bridge.ask(initialize);
    server.cut();
    const streams = (): number => server.seen.filter(({ method }) => method === "GET").length;
    bridge.send({ id: 2, method: "ping" });
    await bridge.answer(2);
    bridge.send({ method: "notifications/roots/list_changed" });
    await expect.poll(() => server.told).toContain("notifications/roots/list_changed");
    expect(streams()).toBe(2);
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
