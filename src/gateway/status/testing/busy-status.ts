import type { ConnectionStatus, GatewayStatus } from "../../types.js";
import { quietStatus } from "./fake-gateway.js";

/** A moment after all that is told in {@link busyStatus}. */
export const busyNow = Date.parse("2026-11-23T09:41:12.000Z");

const before = (seconds: number): string => new Date(busyNow - seconds * 1000).toISOString();
const stage = (
  name: string,
  hop: string,
  ms: number,
  detail: string,
  ok = true,
): ConnectionStatus["stages"][number] => ({
  stage: name,
  hop,
  ms,
  detail,
  ok,
});
const reached = (hop: string, [lookup, connect]: readonly [number, number], address: string) => [
  stage("dns", hop, lookup, address.split(":")[0] ?? ""),
  stage("tcp", hop, connect, address),
];
const office = { protocol: "http", host: "proxy.corp.example", port: 3128 };
const viaOffice = { kind: "proxy", hops: [office], reason: "HTTPS_PROXY is set" } as const;
const egress = {
  protocol: "https",
  host: "egress-gateway-with-a-long-name.eu-central.network.corp.example",
  port: 3129,
};
const viaEgress = {
  kind: "proxy",
  hops: [egress],
  reason: 'the rule for "*.example" (/routes/0 in /home/alice/.config/sallyport/config.json) matches',
} as const;
const bytes = (up: number, down: number) => ({ up, down });
const none = { intercepted: false, route: undefined, identity: undefined, up: 0, down: 0, stages: [] } as const;
const longName =
  "a-host-with-a-very-long-name-that-goes-on-and-on.and-has-many-labels.in.the.interior.of.a-big-company.example";

/** One of which nothing is known but what is said here. */
const connection = (
  id: number,
  kind: ConnectionStatus["kind"],
  target: string,
  since: string,
  known: Partial<ConnectionStatus> = {},
): ConnectionStatus => ({
  ...none,
  id,
  kind,
  target,
  since,
  ...known,
});

const connections: readonly ConnectionStatus[] = [
  connection(31, "connect", "api.anthropic.com:443", before(74), {
    route: viaOffice,
    intercepted: true,
    identity: "workstation",
    ...bytes(48_213, 1_934_112),
    stages: [
      ...reached("proxy", [1.8, 3.2], "10.1.0.9:3128"),
      stage("tunnel", "proxy", 41.7, "200 Connection established"),
      stage("tls", "target", 63.4, "TLSv1.3, http/1.1, issued by CN=Example Root"),
    ],
  }),
  connection(36, "socks5", `${longName}:8443`, before(31), {
    route: viaEgress,
    ...bytes(930, 12_400),
    stages: [
      ...reached("proxy", [12, 8], "10.1.0.12:3129"),
      stage("proxy-tls", "proxy", 22, "TLSv1.3"),
      stage("proxy-auth", "proxy", 11, "Basic"),
      stage("tunnel", "proxy", 97, "200"),
    ],
  }),
  connection(38, "upgrade", "git.corp.example:443", before(12), {
    route: { kind: "direct", hops: [], reason: 'NO_PROXY entry ".corp.example" matches' },
    ...bytes(220, 5310),
    stages: reached("target", [0.6, 0.9], "10.3.4.5:443"),
  }),
  connection(40, "connect", "pypi.org:443", before(4), {
    route: viaOffice,
    stages: [
      stage("dns", "proxy", 0.4, "10.1.0.9"),
      stage("tcp", "proxy", 3004, "10.1.0.9:3128 does not answer", false),
    ],
  }),
  connection(41, "forward", "intranet.corp.example:80", before(0)),
];

/** A gateway that has seen a working day. */
export const busyStatus: GatewayStatus = {
  ...quietStatus,
  startedAt: before(12_345),
  origins: [{ name: "anthropic", url: "http://127.0.0.1:8119", origin: "https://api.anthropic.com" }],
  intercepted: ["api.anthropic.com", "*.mtls.corp.example"],
  routes: [
    {
      hosts: "*.example, pac.corp.example",
      way: "https://***@egress.corp.example:3129",
      source: "/routes/0 in /home/alice/.config/sallyport/config.json",
    },
    ...["localhost", "127.0.0.1", ".corp.example", "10.0.0.0/8", "192.168.0.0/16", "registry.internal:5000"].map(
      (hosts) => ({ hosts, way: "direct", source: "NO_PROXY" }),
    ),
    { hosts: "loopback and link-local addresses", way: "direct", source: "always direct" },
    { hosts: "every other host", way: "http://***@proxy.corp.example:3128", source: "HTTPS_PROXY" },
  ],
  certificates: [
    certificate("workstation", "api.anthropic.com, *.mtls.corp.example", "2027-02-04T11:00:00.000Z", 73, "valid"),
    certificate("build", "artifacts.corp.example", "2026-11-30T00:00:00.000Z", 6, "expires-soon"),
    certificate("old", "legacy.corp.example", "2026-11-21T00:00:00.000Z", -3, "expired"),
  ],
  connections,
  totals: {
    connections: { connect: 1204, socks5: 18, forward: 377, upgrade: 9, origin: 55 },
    bytesUp: 38_211_034,
    bytesDown: 4_120_993_001,
    reloads: 3,
    failedReloads: 1,
    networkChanges: 2,
  },
  faults: [
    {
      code: "TCP_TIMEOUT",
      count: 12,
      last: before(3),
      message: "the proxy proxy.corp.example:3128 (10.1.0.9) did not accept a connection within 3000 ms",
      remedy: "check that you are in the company's network or VPN; HTTPS_PROXY names this proxy",
    },
    {
      code: "TLS_INSPECTED",
      count: 2,
      last: before(5400),
      message: 'files.example: the certificate is issued by "CN=Corp Inspection CA", which this machine does not trust',
      remedy: "add the company's root certificate: set NODE_EXTRA_CA_CERTS to its file",
    },
  ],
  refusals: { "407": 3, "400": 1 },
  warnings: [
    {
      code: "KEY_PERMISSIONS",
      stage: "config",
      hop: "local",
      message: "/home/alice/keys/alice.key (SALLYPORT_CLIENT_KEY) may be read by other users",
      remedy: "chmod 600 /home/alice/keys/alice.key",
      docs: "https://project.example/docs/faults.md#key_permissions",
    },
  ],
};

function certificate(
  name: string,
  hosts: string,
  notAfter: string,
  daysLeft: number,
  state: GatewayStatus["certificates"][number]["state"],
): GatewayStatus["certificates"][number] {
  const subject = `CN=alice, OU=${name}, O=Example Corporation`;
  return {
    name,
    subject,
    issuer: "CN=Example Issuing CA 3, O=Example Corporation",
    hosts,
    notBefore: "2025-11-20T00:00:00.000Z",
    notAfter,
    daysLeft,
    state,
  };
}
