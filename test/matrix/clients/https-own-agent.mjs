import { Agent, get } from "node:https";
import { json } from "node:stream/consumers";

const agent = new Agent({ keepAlive: true, maxSockets: 4 });
for (const url of process.argv.slice(2)) {
  const response = await new Promise((resolve, reject) => get(url, { agent }, resolve).on("error", reject));
  if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`);
  const { origin } = await json(response);
  console.log(JSON.stringify({ url, origin }));
}
agent.destroy();
