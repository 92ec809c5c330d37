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
const office = { protocol: "http", host: "proxy.corp.example", port: 3128 };
const viaOffice = { kind: "proxy", hops: [office], reason: "HTTPS_PROXY is set" } as const;
const none = { intercepted: false, route: undefined, identity: undefined, up: 0, down: 0, stages: [] } as const;

const connections: readonly ConnectionStatus[] = [
  {
    ...none,
    id: 31,
    kind: "connect",
    target: "api.anthropic.com:443",
    since: before(74),
    route: viaOffice,
    intercepted: true,
    identity: "workstation",
    up: 48_213,
    down: 1_934_112,
    stages: [
      stage("dns", "proxy", 1.8, "proxy.corp.example is 10.1.0.9"),
      stage("tcp", "proxy", 3.2, "10.1.0.9:3128"),
      stage("tunnel", "proxy", 41.7, "200 Connection established"),
      stage("tls", "target", 63.4, "TLSv1.3, http/1.1, issued by CN=Example Root"),
    ],
  },
  {
    ...none,
    id: 36,
    kind: "socks5",
    target:
      "a-host-with-a-very-long-name-that-goes-on-and-on.and-has-many-labels.in.the.interior.of.a-big-company.example:8443",
    since: before(31),
    route: {
      kind: "proxy",
      hops: [
        { protocol: "https", host: "egress-gateway-with-a-long-name.eu-central.network.corp.example", port: 3129 },
      ],
      reason: 'the rule for "*.example" (/routes/0 in /home/alice/.config/sallyport/config.json) matches',
    },
    up: 930,
    down: 12_400,
    stages: [
      stage("dns", "proxy", 12, "10.1.0.12"),
      stage("tcp", "proxy", 8, "10.1.0.12:3129"),
      stage("proxy-tls", "proxy", 22, "TLSv1.3"),
      stage("proxy-auth", "proxy", 11, "Basic"),
      stage("tunnel", "proxy", 97, "200"),
    ],
  },
  {
    ...none,
    id: 38,
    kind: "upgrade",
    target: "git.corp.example:443",
    since: before(12),
    route: { kind: "direct", hops: [], reason: 'NO_PROXY entry ".corp.example" matches' },
    up: 220,
    down: 5310,
    stages: [stage("dns", "target", 0.6, "10.3.4.5"), stage("tcp", "target", 0.9, "10.3.4.5:443")],
  },
  {
    ...none,
    id: 40,
    kind: "connect",
    target: "pypi.org:443",
    since: before(4),
    route: viaOffice,
    stages: [
      stage("dns", "proxy", 0.4, "10.1.0.9"),
      stage("tcp", "proxy", 3004, "10.1.0.9:3128 does not answer", false),
    ],
  },
  { ...none, id: 41, kind: "forward", target: "intranet.corp.example:80", since: before(0) },
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
