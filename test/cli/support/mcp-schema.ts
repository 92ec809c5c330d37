import { z, type ZodType } from "zod";
import { clientNames } from "../../../src/mcp/settings/types.js";

const client = z.enum(clientNames);
const place = {
  client,
  scope: z.enum(["user", "project", "local"]).describe("local: of one project, in the user's own file."),
  path: z.string().describe("The settings file."),
};
const server = z.strictObject({
  name: z.string(),
  ...place,
  project: z.string().nullable().describe("The folder for which it counts; null for all."),
  transport: z.enum(["stdio", "http", "sse", "websocket", "unknown"]),
  bridged: z.boolean().describe("It goes through sallyport mcp."),
  url: z.string().nullable().describe("Without logins and tokens; null for what is on this machine alone."),
  command: z.string().nullable().describe("What the client starts, without its arguments."),
  disabled: z.boolean(),
});

/** What `sallyport mcp list`, `check` and `install` print under --json. */
export function mcpSchemas(fault: ZodType, report: ZodType) {
  const faults = z.array(fault).describe("Of settings files that could not be read.");
  return {
    "mcp-list": z
      .strictObject({ ok: z.boolean(), servers: z.array(server), faults })
      .meta({ title: "sallyport mcp list --json", description: "The servers in all clients' settings." }),
    "mcp-check": z
      .strictObject({ ok: z.boolean(), checked: z.array(z.strictObject({ server, report })), faults })
      .meta({ title: "sallyport mcp check --json", description: "The doctor's word on each server on HTTP." }),
    "mcp-install": z
      .strictObject({
        ok: z.literal(true),
        action: z.enum(["add", "replace", "undo", "none"]),
        written: z.boolean(),
        ...place,
        name: z.string(),
        entry: z.record(z.string(), z.unknown()).nullable().describe("What is put there; null for --undo."),
        diff: z.array(z.string()).describe("Lines with their sign. Texts that were in the file before are hidden."),
        backup: z.string().nullable().describe("Where the file as it was before is kept."),
      })
      .meta({ title: "sallyport mcp install --json", description: "What was changed in a client's settings." }),
  };
}
