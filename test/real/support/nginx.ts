import type { Certificates } from "./certificates.js";

export interface NginxPorts {
  /** Plain http. */
  readonly plain: number;
  /** TLS, HTTP/1.1 and HTTP/2. */
  readonly tls: number;
  /** TLS 1.2 and 1.3, client certificate required, HTTP/1.1. */
  readonly mtls: number;
  /** The same with HTTP/2. */
  readonly mtlsH2: number;
}

/** One line a request; `|` occurs in none of the fields. */
const logFormat =
  "$server_port|$request|$status|$ssl_client_verify|$ssl_client_s_dn|$ssl_protocol|$ssl_session_reused|$http_proxy_authorization|$http_via|$connection";

const report =
  "verify=$ssl_client_verify dn=$ssl_client_s_dn protocol=$ssl_protocol http=$server_protocol authorization=$http_proxy_authorization";

/** @param stream the port of the plain http origin whose answers nginx passes on as they come */
export function nginxConfiguration(ports: NginxPorts, stream: number, directory: string, certs: Certificates): string {
  const places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${directory}/${name};`,
  );
  const locations = `
    location / { default_type text/plain; return 200 "${report}\\n"; }
    location /events { proxy_pass http://127.0.0.1:${stream}; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }`;
  const mtls = `ssl_client_certificate ${certs.clientCa}; ssl_verify_client on;`;
  return `
worker_processes 1;
daemon off;
pid ${directory}/nginx.pid;
error_log ${directory}/nginx.error.log warn;
events { worker_connections 512; }
http {
  log_format proof "${logFormat}";
  access_log ${directory}/nginx.access.log proof;
  ${places.join("\n  ")}
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_certificate ${certs.server.cert};
  ssl_certificate_key ${certs.server.key};
  ssl_session_cache shared:sessions:1m;
  server { listen 127.0.0.1:${ports.plain}; ${locations} }
  server { listen 127.0.0.1:${ports.tls} ssl http2; ${locations} }
  server { listen 127.0.0.1:${ports.mtls} ssl; ${mtls} ${locations} }
  server { listen 127.0.0.1:${ports.mtlsH2} ssl http2; ${mtls} ${locations} }
}
`;
}

export interface NginxLine {
  readonly port: string;
  readonly request: string;
  readonly status: string;
  readonly verify: string;
  readonly subject: string;
  readonly protocol: string;
  /** "r" where the TLS session was resumed, "." where not. */
  readonly reused: string;
  /** What arrived as Proxy-Authorization: "-" unless a client leaks it. */
  readonly proxyAuthorization: string;
  readonly via: string;
  readonly connection: string;
}

export function parseNginxLine(line: string): NginxLine {
  const [port, request, status, verify, subject, protocol, reused, proxyAuthorization, via, connection] =
    line.split("|");
  return {
    port: port ?? "",
    request: request ?? "",
    status: status ?? "",
    verify: verify ?? "",
    subject: subject ?? "",
    protocol: protocol ?? "",
    reused: reused ?? "",
    proxyAuthorization: proxyAuthorization ?? "",
    via: via ?? "",
    connection: connection ?? "",
  };
}
