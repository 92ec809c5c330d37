import { z } from "zod";

const count = z.int().min(0);
const time = z.iso.datetime();

const hop = z.strictObject({
  protocol: z.enum(["http", "https", "socks5", "socks5h", "socks4", "socks4a"]),
  host: z.string(),
  port: z.int().min(1).max(65_535),
});

const connection = z.strictObject({
  id: count.describe("Unique since the start."),
  kind: z
    .enum(["connect", "socks5", "forward", "upgrade", "origin"])
    .describe("How it was asked for; `origin`: a request to a reverse proxy."),
  target: z.string().describe("host:port"),
  since: time,
  intercepted: z.boolean().describe("Its TLS is intercepted by the gateway."),
  route: z
    .strictObject({
      kind: z.enum(["direct", "proxy"]),
      hops: z.array(hop).describe("The proxies in the order in which they are passed."),
      reason: z.string().describe("Which setting decided."),
    })
    .optional()
    .describe("Absent until the way is found."),
  identity: z.string().optional().describe("Name of the client certificate that was shown to the target."),
  up: count.describe("Bytes so far, from the client."),
  down: count.describe("Bytes so far, to the client."),
  stages: z.array(
    z.strictObject({
      stage: z.string(),
      hop: z.enum(["proxy", "target", "local"]),
      ok: z.boolean(),
      ms: z.number().min(0).describe("Milliseconds."),
      detail: z.string(),
    }),
  ),
});

const certificate = z.strictObject({
  name: z.string(),
  subject: z.string(),
  issuer: z.string(),
  hosts: z.string().describe("Whom it is shown to, in words."),
  notBefore: time,
  notAfter: time,
  daysLeft: z.int().describe("Whole days; negative once it has expired."),
  state: z.enum(["valid", "expires-soon", "expired", "not-yet-valid"]),
});

/** What `/status.json` answers. `fault` is the description of schema/fault.json. */
export const gatewayStatusSchema = <Fault extends z.ZodType>(fault: Fault) =>
  z
    .strictObject({
      version: z.string(),
      startedAt: time,
      uptimeSeconds: count,
      draining: z.boolean().describe("It accepts no new connections, and waits for open ones."),
      listening: z.string().describe("http://127.0.0.1:port, or unix:/path."),
      admits: z
        .enum(["token", "same-user", "everyone"])
        .describe("Who may use it: who shows the token; programs of the same user, too; every process of the machine."),
      origins: z
        .array(z.strictObject({ name: z.string(), url: z.string(), origin: z.string() }))
        .describe("Reverse proxies, and the origins behind them."),
      intercepted: z.array(z.string()).describe("Hosts whose TLS is intercepted."),
      routes: z
        .array(z.strictObject({ hosts: z.string(), way: z.string(), source: z.string() }))
        .describe("Where traffic goes, in words: the first row that names a host holds."),
      certificates: z.array(certificate),
      connections: z.array(connection).describe("Under way."),
      totals: z
        .strictObject({
          connections: z.strictObject({ connect: count, socks5: count, forward: count, upgrade: count, origin: count }),
          bytesUp: count,
          bytesDown: count,
          reloads: count,
          failedReloads: count,
          networkChanges: count,
        })
        .describe("Since the start."),
      faults: z
        .array(z.strictObject({ code: z.string(), count, last: time, message: z.string(), remedy: z.string() }))
        .describe("Since the start, by code, most frequent first; message and remedy are the last one's."),
      refusals: z
        .record(z.string().regex(/^\d{3}$/), count)
        .describe("Since the start, by HTTP status: what the gateway itself refused."),
      warnings: z.array(fault).describe("About the settings in force."),
    })
    .meta({
      title: "The gateway's /status.json",
      description: "What the gateway is doing, and how it gets out. Holds no secret.",
    });
