import { GoogleGenAI } from "@google/genai";

for (const url of process.argv.slice(2)) {
  const client = new GoogleGenAI({ apiKey: "not-a-real-key", httpOptions: { baseUrl: url } });
  const { sdkHttpResponse } = await client.models.generateContent({ model: "gemini-3", contents: "hello" });
  console.log(JSON.stringify({ url, type: sdkHttpResponse?.headers?.["content-type"] }));
}
