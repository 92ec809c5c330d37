import Anthropic from "@anthropic-ai/sdk";

for (const url of process.argv.slice(2)) {
  const client = new Anthropic({ baseURL: url, apiKey: "not-a-real-key" });
  const stream = client.messages.stream({
    model: "claude-opus-4-1",
    max_tokens: 16,
    messages: [{ role: "user", content: "hello" }],
  });
  const { role } = await stream.finalMessage();
  console.log(JSON.stringify({ url, role }));
}
