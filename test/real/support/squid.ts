import type { Certificates } from "./certificates.js";

/** The front proxy: what a workstation is told to use. One squid, whose ports differ in what they ask for. */
export interface FrontPorts {
  /** http, nobody is asked. */
  readonly open: number;
  /** http, Basic. */
  readonly basic: number;
  /** TLS to the proxy, Basic. */
  readonly tls: number;
  /** TLS to the proxy, a client certificate and Basic. */
  readonly tlsCert: number;
  /** TLS to the proxy, Basic; everything goes on to the inspecting parent. */
  readonly chained: number;
  /** The same with a client certificate. */
  readonly chainedCert: number;
}

export interface SquidFiles {
  /** Owned by the account that squid runs as. */
  readonly directory: string;
  readonly passwords: string;
  /** Names that the proxies know, and the client does not. */
  readonly hosts: string;
  /** Where the package keeps its helper programs. */
  readonly helpers: string;
}

/** One line an answer, fields separated by spaces: see {@link SquidLine}. */
const logFormat =
  "logformat proof port=%>lp client=%>p method=%rm target=%ru user=%un status=%>Hs bump=%ssl::bump_mode sni=%ssl::>sni login=%{Proxy-Authorization}>h cert=%ssl::>cert_subject tls=%ssl::>negotiated_version";

function common(name: string, files: SquidFiles): string {
  const at = (file: string): string => `${files.directory}/${name}.${file}`;
  return `
visible_hostname ${name}.test
pid_filename ${at("pid")}
cache_log ${at("cache.log")}
${logFormat}
access_log stdio:${at("access.log")} logformat=proof
coredump_dir ${files.directory}
netdb_filename none
pinger_enable off
cache deny all
cache_mem 8 MB
max_filedescriptors 4096
shutdown_lifetime 0 seconds
hosts_file ${files.hosts}
# Whatever the hosts file does not hold must not be asked of anybody else.
dns_nameservers 127.0.0.1
dns_timeout 1 second
connect_timeout 3 seconds
forwarded_for delete
`;
}

export function frontConfiguration(
  ports: FrontPorts,
  inspector: number,
  files: SquidFiles,
  certs: Certificates,
): string {
  const tls = `tls-cert=${certs.server.cert} tls-key=${certs.server.key}`;
  return `${common("front", files)}
http_port 127.0.0.1:${ports.open} name=open
http_port 127.0.0.1:${ports.basic} name=basic
https_port 127.0.0.1:${ports.tls} name=tls ${tls}
https_port 127.0.0.1:${ports.tlsCert} name=tlsCert ${tls} clientca=${certs.clientCa}
https_port 127.0.0.1:${ports.chained} name=chained ${tls}
https_port 127.0.0.1:${ports.chainedCert} name=chainedCert ${tls} clientca=${certs.clientCa}

auth_param basic program ${files.helpers}/basic_ncsa_auth ${files.passwords}
auth_param basic children 2 startup=1
auth_param basic realm Example Corp
acl authed proxy_auth REQUIRED
acl openPort myportname open
acl chainedPorts myportname chained chainedCert
# -n: an address is not looked up backwards, which would find this name in the hosts file.
acl blocked dstdomain -n blocked.test
http_access deny blocked
http_access allow openPort
http_access allow authed
http_access deny all

cache_peer 127.0.0.1 parent ${inspector} 0 no-query no-digest no-netdb-exchange default name=inspector
cache_peer_access inspector allow chainedPorts
cache_peer_access inspector deny all
never_direct allow chainedPorts
always_direct allow !chainedPorts
`;
}

/** A proxy with a login alone, whose passwords a test changes. */
export function loginConfiguration(port: number, files: SquidFiles): string {
  return `${common("login", files)}
http_port 127.0.0.1:${port} name=login
auth_param basic program ${files.helpers}/basic_ncsa_auth ${files.passwords}
auth_param basic children 2 startup=1
auth_param basic realm Example Corp
# How long a password that was found right is not asked of the helper again.
auth_param basic credentialsttl 1 second
acl authed proxy_auth REQUIRED
acl refused dstdomain -n blocked.test
acl nobody proxy_auth nobody
# A denial whose last word is a user is a 407 to all others, however right their login is.
http_access deny refused !nobody
http_access allow authed
http_access deny all
`;
}

/** A proxy that takes one kind of login. @param scheme its `auth_param` lines */
export function schemeConfiguration(port: number, scheme: string, files: SquidFiles): string {
  return `${common("scheme", files)}
http_port 127.0.0.1:${port} name=scheme
${scheme}
acl authed proxy_auth REQUIRED
http_access allow authed
http_access deny all
`;
}

export function inspectorConfiguration(port: number, exempt: string, files: SquidFiles, certs: Certificates): string {
  const sslDb = `${files.directory}/ssl_db`;
  const signer = `tls-cert=${certs.inspector} tls-key=${certs.inspectorKey}`;
  return `${common("inspector", files)}
http_port 127.0.0.1:${port} name=bump ssl-bump generate-host-certificates=on dynamic_cert_mem_cache_size=4MB ${signer}
sslcrtd_program ${files.helpers}/security_file_certgen -s ${sslDb} -M 4MB
sslcrtd_children 2 startup=1
acl step1 at_step SslBump1
acl exempt ssl::server_name ${exempt}
ssl_bump peek step1
ssl_bump splice exempt
ssl_bump bump all
tls_outgoing_options cafile=${certs.root}
http_access allow localhost
http_access deny all
`;
}

/** A line of the access log. A field that squid has nothing for is absent. */
export interface SquidLine {
  readonly port?: string;
  /** The port at the client's end, by which one connection is told from another. */
  readonly client?: string;
  readonly method?: string;
  readonly target?: string;
  readonly user?: string;
  readonly status?: string;
  readonly bump?: string;
  readonly sni?: string;
  readonly login?: string;
  /** TLS version on the client's side of an `https_port`. */
  readonly tls?: string;
}

export function parseSquidLine(line: string): SquidLine {
  const fields = [...line.matchAll(/(\w+)=(.*?)(?= \w+=|$)/g)].map(
    (match) => [match[1] ?? "", match[2] ?? ""] as const,
  );
  return Object.fromEntries(fields.filter(([, value]) => value !== "-"));
}
