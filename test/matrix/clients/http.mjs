import { get } from "node:http";
import { json } from "node:stream/consumers";

for (const url of process.argv.slice(2)) {
  const response = await new Promise((resolve, reject) => get(url, resolve).on("error", reject));
  if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`);
  const { origin } = await json(response);
  console.log(JSON.stringify({ url, origin }));
}
