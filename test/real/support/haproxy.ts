import type { Certificates } from "./certificates.js";

export interface HaproxyPorts {
  /** TLS 1.3 alone, client certificate required. */
  readonly tls13: number;
  /** TLS 1.2 alone, client certificate required. */
  readonly tls12: number;
}

/** Refuses a missing or wrong client certificate by a TLS alert, where nginx answers HTTP 400. */
export function haproxyConfiguration(ports: HaproxyPorts, certs: Certificates): string {
  const required = `crt ${certs.serverBoth} ca-file ${certs.clientCa} verify required`;
  return `
global
  log stderr format raw local0 warning
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend tls13
  bind 127.0.0.1:${ports.tls13} ssl ${required} ssl-min-ver TLSv1.3
  http-request return status 200 content-type text/plain lf-string "cn=%[ssl_c_s_dn(cn)] protocol=%[ssl_fc_protocol]\\n"
frontend tls12
  bind 127.0.0.1:${ports.tls12} ssl ${required} ssl-max-ver TLSv1.2
  http-request return status 200 content-type text/plain lf-string "cn=%[ssl_c_s_dn(cn)] protocol=%[ssl_fc_protocol]\\n"
`;
}
