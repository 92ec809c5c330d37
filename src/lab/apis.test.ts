import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { describe, expect, it } from "vitest";
import { dial, readAll, send } from "./testing/clients.js";
import { ownLab } from "./testing/own-lab.js";

const { lab } = await ownLab();
const origin = await lab.origin({ tls: false });

const baseURL = () => `http://127.0.0.1:${origin.port}`;

describe("the Messages API, by Anthropic's own SDK", () => {
  const client = () => new Anthropic({ baseURL: baseURL(), apiKey: "lab-key", maxRetries: 0 });
  const ask = (content: string) => ({
    model: "claude-lab",
    max_tokens: 100,
    messages: [{ role: "user" as const, content }],
  });

  it("answers MOCK-OK", async () => {
    const message = await client().messages.create(ask("Hello?"));
    expect(message.content).toEqual([{ type: "text", text: "MOCK-OK" }]);
    expect(message).toMatchObject({ type: "message", role: "assistant", model: "claude-lab", stop_reason: "end_turn" });
    expect(message.usage.input_tokens).toBeGreaterThan(0);
  });

  it("echoes the last user text on demand, a list of blocks included", async () => {
    const message = await client().messages.create({
      model: "claude-lab",
      max_tokens: 100,
      messages: [
        { role: "user", content: "echo first" },
        { role: "assistant", content: "first" },
        { role: "user", content: [{ type: "text", text: "echo grüße, zweitens" }] },
      ],
    });
    expect(message.content).toEqual([{ type: "text", text: "grüße, zweitens" }]);
  });

  it("streams, in more than one piece", async () => {
    const stream = client().messages.stream(ask("echo a rather long text, 🙂 included"));
    const deltas: string[] = [];
    const types: string[] = [];
    stream.on("text", (delta) => deltas.push(delta));
    stream.on("streamEvent", (event) => types.push(event.type));
    const message = await stream.finalMessage();
    expect(deltas.join("")).toBe("a rather long text, 🙂 included");
    expect(deltas.length).toBeGreaterThan(1);
    expect(message.content).toEqual([{ type: "text", text: "a rather long text, 🙂 included" }]);
    expect(message.stop_reason).toBe("end_turn");
    expect([types[0], types[1], types.at(-1)]).toEqual(["message_start", "content_block_start", "message_stop"]);
  });

  it("calls a tool that the prompt names, and says what came of it", async () => {
    const tools = [{ name: "whoami", input_schema: { type: "object" as const } }];
    const first = await client().messages.create({ ...ask("call whoami"), tools });
    expect(first).toMatchObject({
      stop_reason: "tool_use",
      content: [{ type: "tool_use", name: "whoami", input: {} }],
    });
    const streamed = await client()
      .messages.stream({ ...ask("call whoami"), tools })
      .finalMessage();
    expect(streamed).toMatchObject({ stop_reason: "tool_use", content: [{ name: "whoami", input: {} }] });
    const [use] = first.content;
    const result = {
      type: "tool_result" as const,
      tool_use_id: use?.type === "tool_use" ? use.id : "",
      content: "alice",
    };
    const then = [
      { role: "assistant" as const, content: first.content },
      { role: "user" as const, content: [result] },
    ];
    const last = await client().messages.create({ ...ask(""), tools, messages: then });
    expect(last.content).toEqual([{ type: "text", text: "alice" }]);
    // A tool that is not offered cannot be called.
    expect((await client().messages.create(ask("call whoami"))).content).toEqual([{ type: "text", text: "MOCK-OK" }]);
  });

  it("counts tokens", async () => {
    const { input_tokens } = await client().messages.countTokens({
      model: "claude-lab",
      messages: [{ role: "user", content: "Hello?" }],
    });
    expect(input_tokens).toBeGreaterThan(0);
  });

  it("refuses what is not a request, in the API's own form", async () => {
    const reply = await send(`${baseURL()}/v1/messages`, { method: "POST", body: "not JSON" });
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.body)).toMatchObject({ type: "error", error: { type: "invalid_request_error" } });
    expect((await send(`${baseURL()}/v1/messages`)).status).toBe(405);
  });

  it("writes each event on its own", async () => {
    const body = JSON.stringify({ ...ask("hi"), stream: true });
    const socket = await dial(origin.port);
    socket.write(
      `POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    const { text } = await readAll(socket);
    // HTTP/1.1 frames each write as a chunk.
    const chunks = text.match(/^[0-9a-f]+\r\n(event: \w+)/gm) ?? [];
    expect(chunks.map((chunk) => chunk.split("event: ")[1])).toEqual([
      "message_start",
      "content_block_start",
      "ping",
      "content_block_delta",
      "content_block_delta",
      "content_block_stop",
      "message_delta",
      "message_stop",
    ]);
  });
});

describe("the OpenAI API, by OpenAI's own SDK", () => {
  const client = () => new OpenAI({ baseURL: `${baseURL()}/v1`, apiKey: "lab-key", maxRetries: 0 });

  it("completes a chat", async () => {
    const completion = await client().chat.completions.create({
      model: "gpt-lab",
      messages: [{ role: "user", content: "Hello?" }],
    });
    expect(completion.choices[0]?.message.content).toBe("MOCK-OK");
    expect(completion).toMatchObject({ object: "chat.completion", model: "gpt-lab" });
    expect(completion.usage?.total_tokens).toBeGreaterThan(1);
  });

  it("streams a chat, with usage on demand", async () => {
    const stream = await client().chat.completions.create({
      model: "gpt-lab",
      messages: [{ role: "user", content: "echo one two three" }],
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = "";
    let tokens = 0;
    const finishes: (string | null)[] = [];
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      tokens += chunk.usage?.completion_tokens ?? 0;
      if (chunk.choices[0] !== undefined) finishes.push(chunk.choices[0].finish_reason);
    }
    expect(text).toBe("one two three");
    expect(finishes.at(-1)).toBe("stop");
    expect(tokens).toBeGreaterThan(0);
  });

  it("puts a streamed chat together by the SDK's own runner", async () => {
    const completion = await client()
      .chat.completions.stream({ model: "gpt-lab", messages: [{ role: "user", content: "Hello?" }] })
      .finalChatCompletion();
    expect(completion.choices[0]?.message.content).toBe("MOCK-OK");
  });

  it("makes a response", async () => {
    const response = await client().responses.create({ model: "gpt-lab", input: "echo plain input" });
    expect(response.output_text).toBe("plain input");
    expect(response).toMatchObject({ object: "response", status: "completed", model: "gpt-lab" });
  });

  it("streams a response, from a list of messages", async () => {
    const runner = client().responses.stream({
      model: "gpt-lab",
      input: [{ role: "user", content: [{ type: "input_text", text: "echo listed" }] }],
    });
    const deltas: string[] = [];
    const numbers: number[] = [];
    runner.on("response.output_text.delta", (event) => deltas.push(event.delta));
    runner.on("event", (event) => numbers.push(event.sequence_number));
    const response = await runner.finalResponse();
    expect(response.output).toMatchObject([
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "listed" }] },
    ]);
    expect(deltas.join("")).toBe("listed");
    expect(numbers).toEqual(numbers.map((_, at) => at));
  });

  it("refuses what is not a request, in the API's own form", async () => {
    await expect(client().responses.create({ model: "gpt-lab" })).rejects.toThrow(
      "400 Missing required parameter: 'input'.",
    );
  });
});

describe("the MCP server, by the protocol's own SDK", () => {
  it("has one tool, which says whose certificate it sees", async () => {
    const client = new Client({ name: "test", version: "1.0.0" });
    await client.connect(new StreamableHTTPClientTransport(new URL(`${baseURL()}/mcp`)));
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(["whoami"]);
    const { content } = await client.callTool({ name: "whoami", arguments: {} });
    expect(content).toEqual([{ type: "text", text: `${origin.name} sees no certificate` }]);
    expect((await client.callTool({ name: "other", arguments: {} })).isError).toBe(true);
    await client.ping();
    await client.close();
  });
});
