export async function listTools(Client, StreamableHTTPClientTransport) {
  for (const url of process.argv.slice(2)) {
    const client = new Client({ name: "matrix", version: "1.0.0" });
    await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`)));
    const { tools } = await client.listTools();
    await client.close();
    console.log(JSON.stringify({ url, tools: tools.map((tool) => tool.name) }));
  }
}
