import type { z as Zod, ZodType } from "zod";
import type { ConfigSettings } from "./settings.js";
import { longestTimeout } from "./timeouts.js";
import { loginSchemes } from "./types.js";

export interface ManagedSettings {
  readonly enforced?: ConfigSettings | undefined;
  readonly defaults?: ConfigSettings | undefined;
}

export interface ConfigSchemas {
  readonly user: ZodType<ConfigSettings>;
  readonly managed: ZodType<ManagedSettings>;
}

/** The schemas of the config files. zod is an argument: it takes longer to load than all the rest, and most have no config file. */
export function configSchemas(z: typeof Zod): ConfigSchemas {
  const settings = settingSchemas(z, valueSchemas(z));
  const $schema = z.string().optional();
  const user = z.strictObject({ $schema, ...settings });
  const part = z.strictObject(settings).meta({ id: "settings" });
  const managed = z.strictObject({
    $schema,
    enforced: part.optional().describe("Takes precedence over everything, flags and environment included."),
    defaults: part.optional().describe("Applies where nothing else is set."),
  });
  return { user, managed };
}

/** What single values look like. */
function valueSchemas(z: typeof Zod) {
  const text = z.string().min(1);
  const texts = z.array(text).min(1);
  const hosts = z.union([text, texts]);
  const secret = z
    .union([
      text,
      z.strictObject({
        command: z
          .union([text, texts])
          .describe("Prints the secret. A string goes through the shell, an array does not."),
        ttl: z
          .int()
          .min(0)
          .max(longestTimeout)
          .optional()
          .describe("Milliseconds for which a proxy's password is used. Default: until the proxy refuses it."),
      }),
      z.strictObject({ file: text.describe("Holds the secret and nothing else.") }),
      z.strictObject({ variable: text.describe("Name of an environment variable that holds the secret.") }),
    ])
    .meta({ id: "secret", description: "A secret, or where to get it." });
  const oneProxy = z.union([
    text,
    z.strictObject({ url: text, username: text.optional(), password: secret.optional() }),
  ]);
  const proxy = z.union([oneProxy, z.array(oneProxy).min(1)]).meta({
    id: "proxy",
    description:
      'A proxy URL such as "http://proxy.example:8080", or "direct"; or a list of proxies that are passed one after the other.',
  });
  const certificate = {
    cert: text.optional().describe("PEM file of the certificate, with its chain; or the PEM text itself."),
    key: text.optional().describe("PEM file of the private key; or the PEM text itself."),
    pfx: text.optional().describe("PKCS#12 file, instead of cert and key."),
    passphrase: secret.optional(),
  };
  return { text, hosts, secret, proxy, certificate };
}

function settingSchemas(z: typeof Zod, { text, hosts, proxy, certificate }: ReturnType<typeof valueSchemas>) {
  const maxTlsVersion = z
    .literal("1.2")
    .optional()
    .describe(
      "For servers that ask for the certificate only after a request, which TLS 1.3 and HTTP/2 do not allow: these hosts are spoken to by TLS 1.2 and HTTP/1.1.",
    );
  const wait = z.int().min(1).max(longestTimeout).optional();
  return {
    proxy: proxy.optional().describe("For every target."),
    httpsProxy: proxy.optional().describe("For https and wss targets; takes precedence over proxy."),
    httpProxy: proxy.optional().describe("For http and ws targets; takes precedence over proxy."),
    noProxy: z
      .union([z.string(), z.array(text)])
      .optional()
      .describe("Hosts that are reached without a proxy, as in NO_PROXY."),
    ...pacSchemas(z, text),
    routes: z
      .array(z.strictObject({ hosts, proxy }))
      .optional()
      .describe("Per-host rules; the first that names the host wins, before noProxy."),
    ca: z
      .strictObject({
        files: z.array(text).optional().describe("PEM files that add to the default trust."),
        directories: z.array(text).optional().describe("Directories of PEM files."),
        stores: z
          .array(z.enum(["bundled", "system"]))
          .min(1)
          .optional(),
      })
      .optional(),
    identities: z
      .array(z.strictObject({ name: text.optional(), hosts: hosts.optional(), ...certificate, maxTlsVersion }))
      .optional()
      .describe("Client certificates. One without hosts is shown to every origin that no other one names."),
    proxyIdentity: z.strictObject(certificate).optional().describe("Client certificate for https:// proxies."),
    timeouts: z
      .strictObject({ dns: wait, tcp: wait, proxyTls: wait, tunnel: wait, tls: wait, firstByte: wait })
      .optional()
      .describe("In milliseconds."),
    proxyAuth: proxyAuthSchema(z, text),
    strict: z.boolean().optional().describe("Warnings count as errors."),
    osProxy: z
      .boolean()
      .optional()
      .describe(
        "Whether the proxy settings of the operating system or the desktop count where nothing else names a proxy. Default: true.",
      ),
  };
}

function proxyAuthSchema(z: typeof Zod, text: ReturnType<typeof valueSchemas>["text"]) {
  return z
    .strictObject({
      schemes: z
        .array(z.enum(loginSchemes))
        .min(1)
        .optional()
        .describe("What may be used, in the order of preference."),
      hosts: z
        .union([text, z.array(text)])
        .optional()
        .describe(
          "Proxies that may be sent the user's Kerberos ticket, or the helper's answer, where a PAC file alone names them, as in NO_PROXY.",
        ),
      helper: z
        .union([text, z.array(text).min(1)])
        .optional()
        .describe(
          "A command that prints a whole value of Proxy-Authorization, asked where a proxy wants a login and its setting has none. A string goes through the shell, an array does not.",
        ),
      helperTtl: z
        .int()
        .min(0)
        .max(longestTimeout)
        .optional()
        .describe("Milliseconds for which the helper's answer is used. Default: 300000."),
      spn: text.optional().describe("The principal of the proxy for Negotiate and NTLM. Default: HTTP/ and its name."),
    })
    .optional()
    .describe("How to log in at HTTP proxies.");
}

function pacSchemas(z: typeof Zod, text: ReturnType<typeof valueSchemas>["text"]) {
  return {
    pac: text
      .optional()
      .describe(
        'URL of a PAC file (http, https, file or data), or "wpad" for http://wpad/wpad.dat; takes precedence over the proxies.',
      ),
    pacFallback: z
      .enum(["fail", "direct"])
      .optional()
      .describe("Where the PAC file cannot be had, and there is no older copy of it. Default: fail."),
  };
}

/** The published JSON Schemas, by file name. */
export function configJsonSchemas(z: typeof Zod): Readonly<Record<"config.json" | "managed-config.json", object>> {
  const { user, managed } = configSchemas(z);
  const titled = (schema: ZodType, title: string, description: string): object => {
    const { $schema, ...rest } = z.toJSONSchema(schema, { target: "draft-2020-12", io: "input" });
    return { $schema, title, description, ...rest };
  };
  return {
    "config.json": titled(
      user,
      "sallyport configuration",
      "A user's config.json, or the file that SALLYPORT_CONFIG names.",
    ),
    "managed-config.json": titled(
      managed,
      "sallyport managed configuration",
      "The administrator's config.json, under /etc/sallyport or its like.",
    ),
  };
}
