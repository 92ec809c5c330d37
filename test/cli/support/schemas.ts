import { z } from "zod";
import { faultCodes, type FaultCode } from "../../../src/base/codes.js";
import type { Fault } from "../../../src/base/errors.js";
import type { Explanation, Report } from "../../../src/doctor/types.js";
import { certSchemas } from "./cert-schema.js";
import { mcpSchemas } from "./mcp-schema.js";
import { printedRun } from "./run-schema.js";
import { gatewayStatusSchema } from "../../../src/gateway/status/testing/status-schema.js";

/** What machine output looks like. The files in schema/ are made from these: `npx vitest run test/cli/schemas.test.ts -u`. */

const stage = z.enum([
  "config",
  "route",
  "dns",
  "tcp",
  "proxy-tls",
  "tunnel",
  "proxy-auth",
  "tls",
  "client-cert",
  "http",
]);
const hop = z
  .enum(["proxy", "target", "local"])
  .describe("Whose side it is on: a proxy's, the requested server's, or this machine's settings.");

export const fault = z
  .strictObject({
    code: z
      .enum(Object.keys(faultCodes) as [FaultCode, ...FaultCode[]])
      .describe("Stable; explained in docs/faults.md."),
    stage,
    hop,
    message: z.string().describe("One line: what is wrong, and with what. Holds no secret."),
    remedy: z.string().describe("One line: what to do."),
    docs: z.url().describe("Where the code is explained."),
  })
  .meta({ title: "A fault", description: "What stands between a program and its server." });

const route = z.strictObject({
  kind: z.enum(["direct", "proxy"]),
  hops: z
    .array(
      z.strictObject({
        protocol: z.enum(["http", "https", "socks5", "socks5h", "socks4", "socks4a"]),
        host: z.string(),
        port: z.int().min(1).max(65_535),
      }),
    )
    .describe("The proxies in the order in which they are passed."),
  reason: z.string().describe("Which setting decided."),
});

const identity = z.strictObject({
  name: z.string(),
  subject: z.string(),
  issuer: z.string(),
  notBefore: z.iso.datetime(),
  notAfter: z.iso.datetime(),
  files: z.array(z.string()),
});

const trust = z.strictObject({
  certificates: z.int().describe("Authorities in all."),
  extra: z.int().describe("How many of them are not among Node's own."),
  sources: z.array(z.strictObject({ name: z.string(), found: z.int(), added: z.int(), expired: z.int() })),
});

const reading = z.strictObject({
  id: z.string().describe("Stable."),
  tool: z.string(),
  outcome: z.enum(["direct", "proxy", "error"]),
  proxy: z.string().nullable().describe("scheme://host:port, without a login."),
  reason: z.string(),
  condition: z.string().nullable(),
  agrees: z.boolean().describe("Whether it goes where sallyport goes."),
});

export const explanation = z
  .strictObject({
    url: z.string(),
    route,
    storedLogin: z.enum(["keyring", "file"]).nullable(),
    identity: identity.nullable(),
    trust,
    warnings: z.array(fault),
    models: z.array(reading),
    noProxy: z
      .strictObject({
        value: z.string().describe("For NO_PROXY and no_proxy."),
        leftOut: z.array(z.string()).describe("Entries that it cannot hold without breaking a reader."),
        helps: z.array(z.string()).describe("Ids of models that go elsewhere now, and would not by it."),
        apart: z.array(z.string()).describe("Ids of models that read it and would go elsewhere all the same."),
      })
      .nullable()
      .describe("One value that as many as can be read as sallyport reads the one that is set."),
  })
  .meta({ title: "sallyport explain --json", description: "What applies to a URL, and why." });

const stageReport = z.strictObject({
  stage,
  hop,
  ok: z.boolean(),
  ms: z.number().min(0).describe("Milliseconds."),
  detail: z.string(),
});

const shownChain = z.strictObject({
  certificates: z
    .array(z.strictObject({ name: z.string(), issuer: z.string(), notAfter: z.string(), sha256: z.string() }))
    .describe("As the target sent them, its own first."),
  missing: z
    .strictObject({
      name: z.string(),
      place: z
        .string()
        .nullable()
        .describe(
          "Where it lies on this machine: the path of a file, or system or bundled for a store that is left out.",
        ),
    })
    .nullable()
    .describe("The authority above them that is not trusted here."),
});

const finding = fault
  .extend({
    owner: z
      .enum(["you", "proxy", "server"])
      .describe(
        "Who can put it right: the reader, whoever runs the proxies and inspectors, or whoever runs the server.",
      ),
  })
  .meta({ title: "A finding", description: "A fault that was found, and whose it is." });

export const report = z
  .strictObject({
    ok: z.boolean(),
    warnings: z.array(finding).describe("Of the configuration, and of targets that are not needed."),
    faults: z.array(finding).describe("Of the configuration, then those of all targets that are needed."),
    targets: z.array(
      z.strictObject({
        url: z.string(),
        purpose: z.string().nullable().describe("What it is for; null for a URL that was named."),
        needed: z
          .boolean()
          .describe("Whether it is a fault where it cannot be reached; else it is among the warnings."),
        ok: z.boolean(),
        route: route.nullable(),
        stages: z.array(stageReport),
        faults: z.array(finding),
        inspector: z
          .string()
          .nullable()
          .describe("Who opens the TLS on the way, as its certificates call themselves; null where none shows."),
        chain: shownChain.nullable().describe("What the target showed in a handshake that failed after that."),
      }),
    ),
  })
  .meta({ title: "sallyport doctor --json", description: "The way to each URL, stage by stage." });

const internal = z
  .strictObject({ ok: z.literal(false), internal: z.strictObject({ message: z.string(), remedy: z.string() }) })
  .describe("A defect of sallyport: exit code 3.");

const interrupted = z
  .strictObject({
    ok: z.literal(false),
    interrupted: z.strictObject({ signal: z.enum(["SIGINT", "SIGTERM", "SIGHUP"]) }),
  })
  .describe("Ended by a signal: exit code 130, 143 or 129.");

export const failure = z
  .union([z.strictObject({ ok: z.literal(false), fault }), internal, interrupted])
  .meta({ title: "A failure under --json", description: "What any command prints that fails." });

export const fetched = z
  .strictObject({
    ok: z.literal(true),
    url: z.string().describe("After redirects; without its query."),
    status: z.int(),
    headers: z
      .object({
        "set-cookie": z.array(z.string()).optional().describe("Each as it came: a cookie may hold a comma."),
      })
      .catchall(z.string())
      .describe(
        "By name in lower case. What is repeated is joined with commas (RFC 9110 section 5.3), but for set-cookie.",
      ),
    ms: z.int().describe("Milliseconds until the body was complete."),
    body: z.union([
      z.strictObject({ encoding: z.enum(["utf8", "base64"]), text: z.string() }),
      z.strictObject({ encoding: z.literal("file"), path: z.string() }),
    ]),
  })
  .meta({ title: "sallyport fetch --json", description: "An answer, whatever its status." });

const gatewayReady = z
  .strictObject({
    ok: z.literal(true),
    pid: z.int(),
    url: z.string().describe("http://127.0.0.1:port, or unix:/path"),
    proxyUrl: z.string().describe("With the login: for HTTPS_PROXY."),
    socksUrl: z.string(),
    statusUrl: z.string().nullable(),
    origins: z.array(z.strictObject({ name: z.string(), url: z.string(), origin: z.string() })),
    admits: gatewayStatusSchema(fault).shape.admits,
    intercepted: z.array(z.string()).describe("Hosts whose TLS is intercepted."),
    authority: z.string().nullable().describe("Path of the certificate (PEM) that signs for them."),
    bundle: z.string().nullable().describe("The same with the settings' extra authorities: for NODE_EXTRA_CA_CERTS."),
  })
  .meta({ title: "sallyport gateway --json", description: "Printed once the gateway accepts clients." });

export const schemas = {
  login: z.strictObject({ ok: z.literal(true), proxy: z.string(), store: z.enum(["keyring", "file"]) }),
  logout: z.strictObject({ ok: z.literal(true), proxy: z.string(), forgotten: z.boolean() }),
  "explain-error": z
    .strictObject({
      ok: z.boolean().describe("False where no fault fits the text; the exit code is 1 then."),
      matches: z.array(
        z.strictObject({
          code: fault.shape.code,
          stage,
          matched: z.string().describe("The phrase of the catalogue that is in the text; … stands for anything."),
          why: z.string(),
          remedy: z.string(),
          docs: z.url(),
        }),
      ),
    })
    .meta({
      title: "sallyport explain-error --json",
      description: "The faults that look like it, the most likely first.",
    }),
  "auth-header": z.strictObject({
    ok: z.literal(true),
    proxy: z.string(),
    scheme: z.string(),
    authorization: z.string(),
  }),
  fault,
  failure,
  explain: explanation,
  doctor: report,
  fetch: fetched,
  run: printedRun,
  gateway: gatewayReady,
  "gateway-status": gatewayStatusSchema(fault),
  ...mcpSchemas(fault, report),
  ...certSchemas(fault),
} as const;

/** The types that the code states and those of the schemas are the same. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
type Mutable<T> = T extends (infer Item)[] | readonly (infer Item)[]
  ? Mutable<Item>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Mutable<T[Key]> }
    : T;
export const agreements: readonly [
  Same<Mutable<Fault>, z.infer<typeof fault>>,
  keyof z.infer<typeof explanation> extends keyof Explanation ? true : never,
  Same<Mutable<Report["faults"]>, z.infer<typeof report>["faults"]>,
] = [true, true, true];
