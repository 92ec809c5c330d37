import { join } from "node:path";
import type { StandardLab } from "../../lab/types.js";
import { connectedAsAlice, sawAlice, throughProxyAlone } from "./proofs.js";
import type { Scene } from "./scene.js";
import { everything } from "./settings.js";

/** What an MCP client writes to a server that it has started. */
const messages = [
  {
    id: 1,
    method: "initialize",
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "demo", version: "1" } },
  },
  { method: "notifications/initialized" },
  { id: 2, method: "tools/call", params: { name: "whoami", arguments: {} } },
];

export function mcpServer(lab: StandardLab): Scene {
  const { mtls, strict } = lab;
  return {
    title: "An MCP server behind all of it",
    story:
      "An MCP client starts this as if it were a server on this machine. The tool whoami says whose certificate the server at the other end sees.",
    listing: {
      path: join(lab.directory, "client.jsonl"),
      text: messages.map((message) => `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`).join(""),
    },
    readsListing: true,
    variables: everything(lab),
    argv: ["mcp", `https://${mtls.name}/mcp`],
    exit: 0,
    proofs: ({ stdout }) => [
      connectedAsAlice(lab, strict, mtls.name),
      sawAlice(lab, mtls.name),
      throughProxyAlone(lab, strict, [mtls.name]),
      {
        claim: `no Proxy-Authorization reached ${mtls.name}`,
        holds: lab.log.of(mtls.name, "request").every(({ headers }) => headers["proxy-authorization"] === undefined),
      },
      {
        claim: "the client read: the server sees the certificate of alice",
        holds: /"id":2,.*"text":"mtls\.lab\.test sees the certificate of alice"/.test(stdout),
      },
    ],
  };
}
