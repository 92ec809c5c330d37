import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { Bridged, eventOf, initialize, modernMeta, serve, serveSse, welcome } from "./support/bridged.js";

describe("a bridge to a server of the legacy era", () => {
  it("keeps the session, and opens another one where the server has forgotten it", async () => {
    const sessions = ["first", "second"];
    let current: string | undefined;
    await using server = await serve(({ method, message, headers, answer, json }) => {
      if (message.method === "initialize") {
        current = sessions.shift();
        json({ jsonrpc: "2.0", id: message.id ?? null, result: welcome }, { "mcp-session-id": String(current) });
      } else if (method === "GET") answer.writeHead(405).end();
      else if (headers["mcp-session-id"] !== "second" && message.method === "tools/list") answer.writeHead(404).end();
      else if (message.id === undefined) answer.writeHead(202).end();
      else json({ jsonrpc: "2.0", id: message.id, result: { tools: [] } });
    });
    await using bridge = await Bridged.to(server.url);
    await bridge.ask(initialize);
    bridge.send({ method: "notifications/initialized" });
    expect((await bridge.ask({ id: 2, method: "tools/list" })).result).toEqual({ tools: [] });
    expect(bridge.faults).toEqual([]);
  });

  it("takes a stream up again behind its last event", async () => {
    await using server = await serve(({ method, headers, answer }) => {
      answer.writeHead(200, { "content-type": "text/event-stream" });
      if (method === "POST") answer.end("id: 5\nretry: 1\ndata: \n\n");
      else answer.end(eventOf({ id: 2, result: { after: headers["last-event-id"] } }, "6"));
    });
    await using bridge = await Bridged.to(server.url);
    expect((await bridge.ask({ id: 2, method: "tools/call" })).result).toEqual({ after: "5" });
  });

  it("passes questions of the server on, and their answers back", async () => {
    let ask: { write(text: string): void; end(text: string): void } | undefined;
    await using server = await serve(({ message, answer }) => {
      if (message.method === "tools/call") {
        answer.writeHead(200, { "content-type": "text/event-stream" });
        answer.write(eventOf({ id: 9, method: "elicitation/create", params: {} }));
        ask = answer;
      } else {
        answer.writeHead(202).end();
        ask?.end(eventOf({ id: 2, result: { said: message.result } }));
      }
    });
    await using bridge = await Bridged.to(server.url);
    bridge.send({ id: 2, method: "tools/call" });
    await bridge.next(({ method }) => method === "elicitation/create");
    bridge.send({ id: 9, result: { action: "accept" } });
    expect((await bridge.answer(2)).result).toEqual({ said: { action: "accept" } });
  });

  it("lets no call overtake the stream on which the server will ask", async () => {
    let stream: ServerResponse | undefined;
    let call: ServerResponse | undefined;
    let isOpen = false;
    await using server = await serve(({ method, message, answer, json }) => {
      if (message.method === "initialize") json({ jsonrpc: "2.0", id: message.id ?? null, result: welcome });
      else if (method === "GET") stream = answer.writeHead(200, { "content-type": "text/event-stream" });
      else if (message.method === "tools/list") {
        stream?.flushHeaders();
        isOpen = true;
        json({ jsonrpc: "2.0", id: message.id ?? null, result: { tools: [] } });
      } else if (message.method === "tools/call") {
        call = answer.writeHead(200, { "content-type": "text/event-stream" });
        if (isOpen) stream?.write(eventOf({ id: 9, method: "roots/list" }));
        else call.end(eventOf({ id: message.id, result: { asked: "nobody" } }));
      } else {
        answer.writeHead(202).end();
        if (message.result !== undefined) call?.end(eventOf({ id: 2, result: { said: message.result } }));
      }
    });
    await using bridge = await Bridged.to(server.url);
    await bridge.ask(initialize);
    bridge.send({ method: "notifications/initialized" });
    await expect.poll(() => stream).toBeDefined();
    bridge.send({ id: 2, method: "tools/call" });
    await bridge.ask({ id: 3, method: "tools/list" });
    await bridge.next(({ method }) => method === "roots/list");
    bridge.send({ id: 9, result: { roots: [] } });
    expect((await bridge.answer(2)).result).toEqual({ said: { roots: [] } });
  });

  it("calls a server that keeps the head of that stream back", async () => {
    await using server = await serve(({ method, message, answer, json }) => {
      if (method === "GET") return;
      if (message.id === undefined) answer.writeHead(202).end();
      else
        json({ jsonrpc: "2.0", id: message.id, result: message.method === "initialize" ? welcome : { content: [] } });
    });
    await using bridge = await Bridged.to(server.url);
    await bridge.ask(initialize);
    bridge.send({ method: "notifications/initialized" });
    expect((await bridge.ask({ id: 2, method: "tools/call" })).result).toEqual({ content: [] });
  });
});

describe("a bridge whose client closes its input", () => {
  /** Less than what a request under way is given to finish. */
  const timeout = 9_000;

  it("does not wait for a call that the client has given up", { timeout }, async () => {
    await using server = await serve(({ message, answer }) => {
      if (message.id === undefined) answer.writeHead(202).end();
    });
    await using bridge = await Bridged.to(server.url);
    bridge.send({ id: 2, method: "tools/call" });
    bridge.send({ method: "notifications/cancelled", params: { requestId: 2 } });
    bridge.end();
    await bridge.done;
    expect(server.seen.map(({ message }) => message.method)).toContain("notifications/cancelled");
  });

  it("does not wait for a subscription, which has no end of its own", { timeout }, async () => {
    await using server = await serve(({ message, answer }) => {
      answer.writeHead(200, { "content-type": "text/event-stream" });
      const subscription = { "io.modelcontextprotocol/subscriptionId": message.id };
      answer.write(eventOf({ method: "notifications/subscriptions/acknowledged", params: { _meta: subscription } }));
    });
    await using bridge = await Bridged.to(server.url);
    bridge.send({ id: 2, method: "subscriptions/listen", params: { notifications: {}, _meta: modernMeta } });
    await bridge.next(({ method }) => method === "notifications/subscriptions/acknowledged");
    bridge.end();
    await bridge.done;
    expect(bridge.faults).toEqual([]);
  });
});

describe("a bridge between the eras", () => {
  it("asks a legacy client what a modern server asks for in a result", async () => {
    await using server = await serve(({ method, message, answer, json }) => {
      const reply = (result: object): void =>
        json({ jsonrpc: "2.0", id: message.id ?? null, result: { resultType: "complete", ...result } });
      if (method !== "POST" || message.method === "initialize")
        answer.writeHead(400, { "content-type": "application/json" }).end(
          JSON.stringify({
            jsonrpc: "2.0",
            id: message.id,
            error: { code: -32022, message: "no", data: { supported: ["2026-07-28"] } },
          }),
        );
      else if (message.method === "server/discover")
        reply({ supportedVersions: ["2026-07-28"], capabilities: { tools: {} } });
      else if (message.params?.["inputResponses"] === undefined)
        reply({
          resultType: "input_required",
          inputRequests: { q: { method: "elicitation/create", params: {} } },
          requestState: "s",
        });
      else reply({ got: message.params["inputResponses"], state: message.params["requestState"] });
    });
    await using bridge = await Bridged.to(server.url);
    expect((await bridge.ask(initialize)).result).toMatchObject({
      protocolVersion: "2025-11-25",
      capabilities: { tools: {} },
    });
    bridge.send({ id: 2, method: "tools/call", params: { name: "t" } });
    const { id = null } = await bridge.next(({ method }) => method === "elicitation/create");
    bridge.send({ id, result: { action: "accept" } });
    expect((await bridge.answer(2)).result).toEqual({ got: { q: { action: "accept" } }, state: "s" });
    expect(server.seen.at(-1)?.headers).toMatchObject({ "mcp-method": "tools/call", "mcp-name": "t" });
  });

  it("lets a modern client answer what a legacy server asks in the middle of a call", async () => {
    let call: { end(text: string): void } | undefined;
    await using server = await serve(({ method, message, headers, answer, json }) => {
      if (message.method === "initialize") json({ jsonrpc: "2.0", id: message.id ?? null, result: welcome });
      else if (message.method === "tools/call") {
        answer.writeHead(200, { "content-type": "text/event-stream" });
        answer.write(eventOf({ id: 9, method: "elicitation/create", params: { message: "?" } }));
        call = answer;
      } else if (message.result !== undefined) {
        answer.writeHead(202).end();
        call?.end(eventOf({ id: 2, result: { content: [], said: message.result } }));
      } else answer.writeHead(method === "POST" && headers["mcp-method"] === undefined ? 202 : 400).end();
    });
    await using bridge = await Bridged.to(server.url);
    const discovered = await bridge.ask({ id: 1, method: "server/discover", params: { _meta: modernMeta } });
    expect(discovered.result).toMatchObject({ resultType: "complete", supportedVersions: ["2026-07-28"] });
    const params = { name: "t", _meta: modernMeta };
    const { result = {} } = await bridge.ask({ id: 2, method: "tools/call", params });
    expect(result["resultType"]).toBe("input_required");
    const keys = Object.keys(result["inputRequests"] as object);
    const inputResponses = Object.fromEntries(keys.map((key) => [key, { action: "accept" }]));
    const last = await bridge.ask({
      id: 3,
      method: "tools/call",
      params: { ...params, inputResponses, requestState: result["requestState"] },
    });
    expect(last.result).toEqual({ resultType: "complete", content: [], said: { action: "accept" } });
  });

  it("keeps what a legacy server answers while the client still answers its question", async () => {
    await using server = await serve(({ method, message, headers, answer, json }) => {
      if (message.method === "initialize") json({ jsonrpc: "2.0", id: message.id ?? null, result: welcome });
      else if (message.method === "tools/call") {
        answer.writeHead(200, { "content-type": "text/event-stream" });
        answer.write(eventOf({ id: 9, method: "roots/list" }));
        answer.end(eventOf({ id: message.id, result: { content: [] } }));
      } else answer.writeHead(method === "POST" && headers["mcp-method"] === undefined ? 202 : 400).end();
    });
    await using bridge = await Bridged.to(server.url);
    await bridge.ask({ id: 1, method: "server/discover", params: { _meta: modernMeta } });
    const params = { name: "t", _meta: modernMeta };
    const { result = {} } = await bridge.ask({ id: 2, method: "tools/call", params });
    const keys = Object.keys(result["inputRequests"] as object);
    const inputResponses = Object.fromEntries(keys.map((key) => [key, { roots: [] }]));
    const again = { ...params, inputResponses, requestState: result["requestState"] };
    const last = await bridge.ask({ id: 3, method: "tools/call", params: again });
    expect(last.result).toEqual({ resultType: "complete", content: [] });
    await expect.poll(() => server.seen.map(({ message }) => message.result)).toContainEqual({ roots: [] });
  });

  it("falls back to HTTP+SSE where the URL is of such a server", async () => {
    await using server = await serveSse();
    await using bridge = await Bridged.to(server.url);
    expect((await bridge.ask(initialize)).result).toEqual(welcome);
  });

  it("repeats parameters in headers as a modern server's tools ask, though the client never listed them", async () => {
    const tools = [
      {
        name: "t",
        inputSchema: { type: "object", properties: { region: { type: "string", "x-mcp-header": "Region" } } },
      },
    ];
    await using server = await serve(({ message, headers, answer, json }) => {
      const reply = (result: object): void =>
        json({ jsonrpc: "2.0", id: message.id ?? null, result: { resultType: "complete", ...result } });
      if (message.method === "tools/list") reply({ tools });
      else if (headers["mcp-param-region"] === undefined)
        answer
          .writeHead(400, { "content-type": "application/json" })
          .end(JSON.stringify({ jsonrpc: "2.0", id: message.id, error: { code: -32020, message: "mismatch" } }));
      else reply({ region: headers["mcp-param-region"] });
    });
    await using bridge = await Bridged.to(server.url);
    const params = { name: "t", arguments: { region: "süd" }, _meta: modernMeta };
    const { result } = await bridge.ask({ id: 1, method: "tools/call", params });
    expect(result?.["region"]).toBe(`=?base64?${Buffer.from("süd").toString("base64")}?=`);
  });
});
