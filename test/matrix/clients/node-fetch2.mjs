import fetch from "node-fetch2";

for (const url of process.argv.slice(2)) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`status ${response.status}: ${await response.text()}`);
  const { origin } = await response.json();
  console.log(JSON.stringify({ url, origin }));
}
