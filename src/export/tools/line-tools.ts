import { truststorePassword } from "../../tools/index.js";
import type { LinesTool, LineValues } from "./lines.js";

/**
 * The tools whose settings are lines of a file: where it is, and what it says. A row each; {@link linesTarget} does the rest.
 */
export const lineTools = {
  apt: {
    name: "apt",
    place: { kind: "own", path: "/etc/apt/apt.conf.d/99sallyport" },
    comment: ["// ", ""],
    readsVariables: true,
    // apt.conf(5), apt-transport-https(1)
    lines: ({ proxy, noProxy, authorities }) => [
      ...(proxy === undefined ? [] : [`Acquire::http::Proxy "${proxy.url}";`, `Acquire::https::Proxy "${proxy.url}";`]),
      ...hostsOf(noProxy).flatMap((host) =>
        ["http", "https"].map((scheme) => `Acquire::${scheme}::Proxy::${host} "DIRECT";`),
      ),
      ...optional(authorities, (path) => `Acquire::https::CAInfo "${path}";`),
    ],
  },
  php: {
    name: "PHP",
    place: { kind: "own", path: `"$(php -r 'echo PHP_CONFIG_FILE_SCAN_DIR;')/99-sallyport.ini"` },
    comment: ["; ", ""],
    comments: () => [
      "PHP's curl takes the proxy from https_proxy; PHP's own functions take it from a script's stream context alone.",
    ],
    lines: ({ authorities }) => optional(authorities, (path) => `openssl.cafile = "${path}"\ncurl.cainfo = "${path}"`),
  },
  hg: {
    name: "Mercurial",
    place: { kind: "part", path: "~/.hgrc" },
    readsVariables: true,
    // hg help config.http_proxy
    lines: ({ proxy, noProxy, authorities }) => [
      ...(proxy === undefined
        ? []
        : [
            "[http_proxy]",
            `host = ${bracketed(proxy.host)}:${proxy.port}`,
            ...(proxy.login === undefined
              ? []
              : [`user = ${proxy.login.username}`, `passwd = ${proxy.login.password}`]),
            `no = ${noProxy.join(",")}`,
          ]),
      ...optional(authorities, (path) => `[web]\ncacerts = ${path}`),
    ],
  },
  svn: {
    name: "Subversion",
    place: { kind: "part", path: "~/.subversion/servers" },
    // ssl-authority-files takes one certificate of each file.
    comments: () => ["Its authorities come from SSL_CERT_FILE, as OpenSSL's do: they have no place here."],
    lines: ({ proxy, noProxy }) => [
      "[global]",
      ...(proxy === undefined
        ? []
        : [
            `http-proxy-host = ${proxy.host}`,
            `http-proxy-port = ${proxy.port}`,
            ...(proxy.login === undefined
              ? []
              : [`http-proxy-username = ${proxy.login.username}`, `http-proxy-password = ${proxy.login.password}`]),
            `http-proxy-exceptions = ${patterns(noProxy).join(", ")}`,
          ]),
    ],
  },
  aria2: {
    name: "aria2",
    place: { kind: "part", path: "~/.aria2/aria2.conf" },
    readsVariables: true,
    lines: ({ proxy, noProxy, authorities }) => [
      ...(proxy === undefined ? [] : [`all-proxy=${proxy.url}`, `no-proxy=${noProxy.join(",")}`]),
      ...optional(authorities, (path) => `ca-certificate=${path}`),
    ],
  },
  gradle: {
    name: "Gradle",
    place: { kind: "part", path: "~/.gradle/gradle.properties" },
    lines: (values) => javaProperties(values).map(([name, value]) => `systemProp.${name}=${propertyValue(value)}`),
  },
  maven: {
    name: "Maven",
    place: {
      kind: "hand",
      where: "~/.m2/settings.xml, where it is within <settings>; the options of Java in ~/.mavenrc",
    },
    comment: ["<!-- ", " -->"],
    lines: (values) => [
      ...trustOptions(values).map((options) => `<!-- ~/.mavenrc: MAVEN_OPTS="$MAVEN_OPTS ${options}" -->`),
      "<settings>",
      ...mavenProxies(values),
      "</settings>",
    ],
  },
  jetbrains: {
    name: "JetBrains' IDEs",
    place: {
      kind: "hand",
      where: "options/proxy.settings.xml in the IDE's folder of settings, while the IDE is closed",
    },
    comment: ["<!-- ", " -->"],
    comments: ({ files }) => [
      "The IDE asks for a login by itself.",
      ...(files.extra === undefined
        ? []
        : [
            `It trusts what the system trusts: put what is in ${files.extra.replaceAll("--", "- -")} there, or import it under Settings, Server Certificates.`,
          ]),
    ],
    lines: ({ proxy, noProxy }) => [
      "<application>",
      '  <component name="HttpConfigurable">',
      ...(proxy === undefined
        ? []
        : [
            xmlOption("USE_HTTP_PROXY", "true"),
            xmlOption("PROXY_HOST", proxy.host),
            xmlOption("PROXY_PORT", proxy.port),
            xmlOption("PROXY_EXCEPTIONS", patterns(noProxy).join(",")),
          ]),
      "  </component>",
      "</application>",
    ],
  },
  podman: {
    name: "podman",
    place: { kind: "mine", path: "~/.config/containers/containers.conf.d/sallyport.conf" },
    readsVariables: true,
    // Seen with podman 4.3: the file of a user's folder is read for those alone who are not root.
    comments: () => ["podman that root starts reads /etc/containers/containers.conf.d in its place."],
    // containers.conf(5): what podman itself goes by; containers get the proxy from it.
    lines: (values) => [
      "[engine]",
      `env = [${environmentOf(values)
        .map((line) => JSON.stringify(line))
        .join(", ")}]`,
    ],
  },
  "docker-daemon": {
    name: "Docker's daemon",
    place: {
      kind: "own",
      path: "/etc/systemd/system/docker.service.d/sallyport.conf",
      afterwards: "sudo systemctl daemon-reload && sudo systemctl restart docker",
    },
    lines: (values) => [
      "[Service]",
      ...environmentOf(values).map((line) => `Environment="${line.replace(/["\\]/g, "\\$&").replaceAll("%", "%%")}"`),
    ],
  },
  electron: {
    name: "Electron and Chromium",
    place: {
      kind: "hand",
      where: "the program's command line or its file of flags (~/.config/electron-flags.conf, chromium-flags.conf)",
    },
    comments: ({ files }) => [
      "A proxy's login is asked for in a window; from programs of your own a sallyport gateway (--gateway) wants none, on Linux.",
      ...(files.extra === undefined
        ? []
        : [
            `On Linux authorities are in a store of your own, each certificate of ${files.extra} by itself: certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n NAME -i FILE`,
          ]),
    ],
    lines: ({ proxy, noProxy }) =>
      proxy === undefined
        ? []
        : [
            `--proxy-server=http://${bracketed(proxy.host)}:${proxy.port}`,
            ...(noProxy.length === 0 ? [] : [`--proxy-bypass-list=${noProxy.join(";")}`]),
          ],
  },
} as const satisfies Readonly<Record<string, LinesTool>>;

const optional = (path: string | undefined, line: (path: string) => string): string[] =>
  path === undefined ? [] : [line(path)];

const bracketed = (host: string): string => (host.includes(":") ? `[${host}]` : host);

/** Names alone: no domain, no block of addresses. */
const hostsOf = (noProxy: readonly string[]): string[] => noProxy.filter((entry) => /^[a-z\d][\w.-]*$/i.test(entry));

/** A name with its sub-domains, as patterns. */
const patterns = (noProxy: readonly string[]): string[] =>
  noProxy.flatMap((entry) => {
    if (entry.startsWith(".")) return [`*${entry}`];
    if (entry.includes("/")) return [];
    return /^[\d.:[\]]+$/.test(entry) ? [entry] : [entry, `*.${entry}`];
  });

function environmentOf({ proxy, noProxy, authorities }: LineValues): string[] {
  return [
    ...(proxy === undefined
      ? []
      : [`HTTPS_PROXY=${proxy.url}`, `HTTP_PROXY=${proxy.url}`, `NO_PROXY=${noProxy.join(",")}`]),
    ...optional(authorities, (path) => `SSL_CERT_FILE=${path}`),
  ];
}

type Property = readonly [name: string, value: string];

function javaProperties({ proxy, noProxy, truststore }: LineValues): Property[] {
  const ends = proxy === undefined ? [] : (["https", "http"] as const);
  return [
    ...ends.flatMap((scheme): Property[] =>
      proxy === undefined
        ? []
        : [
            [`${scheme}.proxyHost`, proxy.host],
            [`${scheme}.proxyPort`, proxy.port],
            ...(proxy.login === undefined
              ? []
              : ([
                  [`${scheme}.proxyUser`, proxy.login.username],
                  [`${scheme}.proxyPassword`, proxy.login.password],
                ] as const)),
            // Java's own word for both.
            ...(scheme === "http" ? [["http.nonProxyHosts", patterns(noProxy).join("|")] as const] : []),
          ],
    ),
    // Java keeps Basic out of tunnels otherwise.
    ...(proxy?.login === undefined ? [] : [["jdk.http.auth.tunneling.disabledSchemes", ""] as const]),
    ...trustProperties(truststore),
  ];
}

const trustProperties = (truststore: string | undefined): Property[] =>
  truststore === undefined
    ? []
    : [
        ["javax.net.ssl.trustStore", truststore],
        ["javax.net.ssl.trustStoreType", "PKCS12"],
        ["javax.net.ssl.trustStorePassword", truststorePassword],
      ];

/** The format of java.util.Properties. */
const propertyValue = (text: string): string =>
  text
    .replaceAll("\\", "\\\\")
    .replace(/^ /, "\\ ")
    .replace(/[^\u0020-\u007e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** Within double quotes of a shell's file, and of a comment in XML, which holds no two hyphens. */
function trustOptions({ truststore }: LineValues): string[] {
  if (truststore === undefined || /["$`\\\s]|--/.test(truststore)) return [];
  return [
    trustProperties(truststore)
      .map(([name, value]) => `-D${name}=${value}`)
      .join(" "),
  ];
}

/** https://maven.apache.org/guides/mini/guide-proxies.html: one for each scheme, or those for http hold for https. */
function mavenProxies({ proxy, noProxy }: LineValues): string[] {
  if (proxy === undefined) return [];
  const { host, port, login } = proxy;
  const fields: readonly Property[] = [
    ["host", host],
    ["port", port],
    ...(login === undefined
      ? []
      : ([
          ["username", login.username],
          ["password", login.password],
        ] as const)),
    ["nonProxyHosts", patterns(noProxy).join("|")],
  ];
  const one = (protocol: string): string =>
    `    <proxy><id>sallyport-${protocol}</id><active>true</active><protocol>${protocol}</protocol>${fields
      .map(([name, value]) => `<${name}>${xmlText(value)}</${name}>`)
      .join("")}</proxy>`;
  return ["  <proxies>", one("https"), one("http"), "  </proxies>"];
}

const xmlOption = (name: string, value: string): string => `    <option name="${name}" value="${xmlText(value)}" />`;

const xmlText = (text: string): string => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
