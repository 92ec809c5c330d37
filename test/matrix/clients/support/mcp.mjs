import { fileURLToPath } from "node:url";

const cli = fileURLToPath(new URL("../../../../dist/cli/bin.cjs", import.meta.url));

/** @param {(url: URL) => object} transportTo */
export async function listTools(Client, transportTo) {
  for (const url of process.argv.slice(2)) {
    const client = new Client({ name: "matrix", version: "1.0.0" });
    await client.connect(transportTo(new URL(`${url}/mcp`)));
    const { tools } = await client.listTools();
    await client.close();
    console.log(JSON.stringify({ url, tools: tools.map((tool) => tool.name) }));
  }
}

/** The command of a client's settings. Of the variables an SDK hands on a few alone, unless it is told. */
export function bridgeTo(url) {
  return { command: process.execPath, args: [cli, "mcp", url.href], env: process.env };
}
