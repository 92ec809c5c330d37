/** @anthropic-ai/sdk takes a fetch, as openai and others do: its requests, its retries and its streams go the same way. */
import assert from "node:assert/strict";
import Anthropic from "@anthropic-ai/sdk";
import { createNetwork } from "sallyport";
import { labVariables, startStandardLab } from "sallyport/lab";

const lab = await startStandardLab();
const net = await createNetwork({ source: { variables: labVariables(lab, lab.strict) }, lookup: lab.lookup });
try {
  const client = new Anthropic({ apiKey: "a-key-of-the-lab", baseURL: "https://mtls.lab.test", fetch: net.fetch });
  let text = "";
  const messages = [{ role: "user", content: "echo Word by word, through two proxies." }];
  for await (const event of await client.messages.create({ model: "any", max_tokens: 64, messages, stream: true })) {
    if (event.type === "content_block_delta" && event.delta.type === "text_delta") text += event.delta.text;
  }
  assert.equal(text, "Word by word, through two proxies.");
  assert.equal(lab.log.of("mtls.lab.test", "request")[0]?.peer, "alice");
  console.log(`streamed: ${text}`);
} finally {
  await net.close();
  await lab.close();
}
