import OpenAI from "openai";

for (const url of process.argv.slice(2)) {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "not-a-real-key" });
  const { choices } = await client.chat.completions.create({
    model: "gpt-5",
    messages: [{ role: "user", content: "hello" }],
  });
  console.log(JSON.stringify({ url, role: choices[0].message.role }));
}
