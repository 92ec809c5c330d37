import type { Lab, ProxyOptions } from "../../src/lab/index.js";

/** A host that the client of a cell is sent to. */
export interface TargetPlan {
  readonly host: string;
  readonly direct: boolean;
  readonly inspected: boolean;
  /** Demands a client certificate. */
  readonly certificate: boolean;
}

export type SquidLogin = "ntlm" | "negotiate";

/** One kind of network. */
export interface Column {
  readonly id: string;
  readonly title: string;
  readonly says: string;
  readonly proxy: ProxyOptions;
  /** The proxy is a squid that takes logins by this scheme alone. */
  readonly squid?: SquidLogin;
  /** A PAC file names the proxy, behind another one at which nobody listens. */
  readonly pac?: true;
  readonly targets: readonly TargetPlan[];
  readonly noProxy?: string;
  /** Names resolve, and there is a way past the proxy: whoever takes it is found out. Otherwise the proxy is all there is. */
  readonly sideDoor: boolean;
}

const through = (host: string, more: Partial<TargetPlan> = {}): TargetPlan => ({
  host,
  direct: false,
  inspected: false,
  certificate: false,
  ...more,
});

const api = through("api.lab.test");
const mtls = through("mtls.lab.test", { certificate: true });
const inside = through("intranet.inside.test", { direct: true });
const login = { username: "alice", password: "p@ss#w%rd" };

export const columns: readonly Column[] = [
  {
    id: "open",
    title: "open proxy",
    says: "an `http://` proxy that asks nothing of anybody",
    proxy: {},
    targets: [api],
    sideDoor: true,
  },
  {
    id: "basic",
    title: "Basic",
    says: "an `http://` proxy with a login; its password needs percent-encoding",
    proxy: { login },
    targets: [api],
    sideDoor: true,
  },
  {
    id: "tls",
    title: "TLS proxy",
    says: "an `https://` proxy, its certificate from the private CA",
    proxy: { protocol: "https" },
    targets: [api],
    sideDoor: true,
  },
  {
    id: "socks",
    title: "SOCKS5",
    says: "a `socks5h://` proxy",
    proxy: { protocol: "socks" },
    targets: [api],
    sideDoor: true,
  },
  {
    id: "inspector",
    title: "inspector",
    says: "an `http://` proxy that opens TLS with a CA of its own and speaks HTTP/1.1",
    proxy: { inspect: true },
    targets: [through("api.lab.test", { inspected: true })],
    sideDoor: true,
  },
  {
    id: "certificate",
    title: "client certificate",
    says: "an origin that demands a client certificate (TLS 1.3), behind an open proxy; the key is encrypted",
    proxy: {},
    targets: [mtls],
    sideDoor: true,
  },
  {
    id: "all",
    title: "all together",
    says: "TLS to the proxy, its login, inspection for one host, and a client certificate for another that is exempt from it",
    proxy: { protocol: "https", login, inspect: { exempt: [mtls.host] } },
    targets: [through("api.lab.test", { inspected: true }), mtls],
    sideDoor: true,
  },
  {
    id: "no-proxy",
    title: "NO_PROXY",
    says: "one host by the open proxy, then one that NO_PROXY names, which must be reached directly",
    proxy: {},
    targets: [api, inside],
    noProxy: inside.host,
    sideDoor: true,
  },
  {
    id: "blocked",
    title: "no other way out",
    says: "the open proxy again, but no name resolves and nothing else can be reached",
    proxy: {},
    targets: [api],
    sideDoor: false,
  },
  {
    id: "pac",
    title: "PAC with failover",
    says: "a PAC file (`SALLYPORT_PAC_URL`) that names two proxies, the first of which is dead; no other setting says anything of a proxy",
    proxy: {},
    pac: true,
    targets: [through("pac.lab.test")],
    sideDoor: true,
  },
  {
    id: "ntlm",
    title: "NTLM",
    says: "squid, which takes NTLM logins alone and has samba check them (NTLMv2); `SALLYPORT_PROXY_AUTH=ntlm`, so that `run` starts a gateway for those who know Basic alone",
    proxy: {},
    squid: "ntlm",
    targets: [through("ntlm.lab.test")],
    sideDoor: true,
  },
  {
    id: "negotiate",
    title: "Negotiate",
    says: "squid, which takes Kerberos tickets alone; the user has one of MIT's KDC, and the package `kerberos` is installed; `SALLYPORT_PROXY_AUTH=negotiate`",
    proxy: {},
    squid: "negotiate",
    targets: [through("negotiate.lab.test")],
    sideDoor: true,
  },
];

/**
 * One run of a client is sent through all of these, by one PAC file; where all is not well each is tried by itself, as when the page is
 * written. Most of what a cell costs are the starts of `sallyport run` and of the client.
 */
export const together: readonly string[] = ["pac", "ntlm", "negotiate"];

/** By a name and not as localhost, which certificates of the lab's origins bear as well: a client that checks the wrong name shall fail. */
export const proxyHost = "proxy.lab.test";

/** What the settings of a network are, however a program is told of them. */
export interface Settings {
  /** With the login; undefined where a PAC file is all there is. */
  readonly proxyUrl: string | undefined;
  readonly pacUrl: string | undefined;
  /** What no settings of ours are: where the ticket is, and the package that reads it. */
  readonly surroundings: Readonly<Record<string, string>>;
  /** The schemes of logins that programs are to make; undefined where nothing is said of that. */
  readonly schemes: string | undefined;
  /** Hosts of proxies that may be sent the ticket although a PAC file alone names them. */
  readonly ticketHosts: string | undefined;
  readonly noProxy: string | undefined;
  readonly files: Lab["files"];
  /** Hosts that demand the client certificate. */
  readonly certificateHosts: readonly string[];
  /** Of several networks, between which a PAC file chooses. */
  readonly hasSeveral: boolean;
}
