import { z } from "zod";
import type { GatewayReason } from "../../../src/run/index.js";

const variable = z.strictObject({
  name: z.string(),
  value: z.string().describe("A URL without its login, and [secret] for all else that is secret."),
  secret: z.boolean().describe("Its real value holds a login, a token or a passphrase."),
  readBy: z.string().describe("Which programs read it, in a few words."),
});

/** A record, so that one which is missing here does not compile. */
const reasons: Readonly<Record<GatewayReason["kind"], true>> = {
  "client-certificate": true,
  socks: true,
  "tls-proxy": true,
  "secret-command": true,
  "host-rules": true,
  "no-proxy": true,
  "proxy-certificate": true,
  "proxy-login": true,
  "stored-login": true,
  pac: true,
  "proxy-chain": true,
  "unusable-proxy": true,
};

const reason = z.strictObject({
  kind: z.enum(Object.keys(reasons) as GatewayReason["kind"][]),
  text: z.string().describe("For people: what the gateway is needed for."),
});

/** `sallyport run --print --json`. */
export const printedRun = z
  .strictObject({
    ok: z.literal(true),
    summary: z.string().describe("How the command would get out, in one line. Holds no secret."),
    preload: z
      .enum(["dials", "gateway", "none"])
      .describe("dials: Node processes dial by the settings themselves; gateway: they go there as all others do."),
    gateway: z
      .strictObject({
        reasons: z.array(reason),
        intercept: z.array(z.string()).describe("Hosts for which it presents the client certificate."),
      })
      .nullable()
      .describe("Null where the command needs none."),
    variables: z
      .array(variable)
      .describe("Those that are set; ports and files are of this moment, each run has its own."),
    removed: z.array(z.string()).describe("Variables that are taken out of the command's environment."),
  })
  .meta({ title: "sallyport run --print --json", description: "What a command would be given." });
