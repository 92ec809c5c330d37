import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Network } from "../../src/clients/index.js";
import { findConnectError } from "../../src/base/errors.js";
import { networkAt, officeProxies } from "./support/office.js";
import { standardLab } from "../support/standard-lab.js";

const lab = await standardLab();
afterEach(() => {
  lab.api.fault = undefined;
  lab.mtls.fault = undefined;
});

const prompt = [{ role: "user" as const, content: "echo one event after the other" }];

function anthropic({ fetch }: Network, baseURL: string): Anthropic {
  return new Anthropic({ apiKey: "none", baseURL, fetch, maxRetries: 0 });
}

function openai({ fetch }: Network, baseURL: string): OpenAI {
  return new OpenAI({ apiKey: "none", baseURL: `${baseURL}/v1`, fetch, maxRetries: 0 });
}

async function claudeSays(network: Network, url: string): Promise<string> {
  let text = "";
  const stream = await anthropic(network, url).messages.create({
    model: "lab",
    max_tokens: 100,
    messages: prompt,
    stream: true,
  });
  for await (const event of stream) {
    if (event.type === "content_block_delta" && event.delta.type === "text_delta") text += event.delta.text;
  }
  return text;
}

async function gptSays(network: Network, url: string): Promise<string> {
  let text = "";
  const stream = await openai(network, url).chat.completions.create({ model: "lab", messages: prompt, stream: true });
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
  return text;
}

describe.each(Object.entries(officeProxies(lab)))("through %s", (_name, proxy) => {
  let network: Network;
  beforeAll(async () => {
    network = await networkAt(lab, proxy);
  });
  afterAll(() => network.destroy());

  test.each(["api", "mtls"] as const)("the Anthropic SDK streams from %s, which sees who is asking", async (name) => {
    lab.log.clear();
    expect(await claudeSays(network, lab[name].url)).toBe("one event after the other");
    expect(lab.log.of(lab[name].name, "request").map(({ peer }) => peer)).toEqual([
      name === "mtls" ? "alice" : undefined,
    ]);
  });

  test("the OpenAI SDK streams", async () => {
    expect(await gptSays(network, lab.mtls.url)).toBe("one event after the other");
  });

  test("the first event arrives while the rest has not been sent", async () => {
    // This origin sends one event and then falls silent: whoever waits for more waits for ever.
    lab.mtls.fault = "stalled-stream";
    const abort = new AbortController();
    const claude = await anthropic(network, lab.mtls.url).messages.create(
      { model: "lab", max_tokens: 9, messages: prompt, stream: true },
      { signal: abort.signal },
    );
    for await (const event of claude) {
      expect(event.type).toBe("message_start");
      break;
    }
    const response = await network.fetch(`${lab.mtls.url}/sse`, { signal: abort.signal });
    const first = await response.body?.getReader().read();
    expect(new TextDecoder().decode(first?.value as Uint8Array)).toContain("event: tick");
    abort.abort();
  });
});

test("a stream that is cut in the middle ends with an error that says so, over HTTP/2 and HTTP/1.1", async () => {
  for (const allowH2 of [true, false]) {
    await using network = await networkAt(lab, lab.basic, { dispatcher: { allowH2 } });
    lab.api.fault = "cut-body";
    const response = await network.fetch(lab.api.url);
    const error = await response.text().catch((reason: unknown) => reason);
    expect(findConnectError(error)).toMatchObject({ hop: "target", stage: "http" });
    expect(["TCP_RESET", "HTTP_CLOSED"]).toContain(findConnectError(error)?.code);
  }
});

test("what the SDK throws for a wrong login leads to the fault and its remedy", async () => {
  await using network = await networkAt(lab, undefined, { proxy: lab.basic.urlWithLogin.replace("alice", "bob") });
  const error = await claudeSays(network, lab.api.url).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Anthropic.APIConnectionError);
  expect(findConnectError(error)).toMatchObject({ code: "PROXY_AUTH_REJECTED", hop: "proxy" });
});
