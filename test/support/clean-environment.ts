/** Tests start from a clean environment: what a shell or a CI machine sets about proxies and CAs must not decide them. */
const names =
  /^(https?|all|no|ftp|socks)_proxy$|_CA_|^SSL_CERT|^NODE_(EXTRA|TLS|USE|OPTIONS)|CA_BUNDLE$|CAINFO$|^PIP_CERT$|^SALLYPORT_|^CLAUDE_CODE_|_CERTS?(_|$)/i;

for (const name of Object.keys(process.env)) {
  if (names.test(name)) delete process.env[name];
}
