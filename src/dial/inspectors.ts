/**
 * Makers of boxes and programs that open TLS on the way, and what their authorities call themselves. To be told from public authorities
 * of the same houses: "Cloudflare Inc ECC CA-3" and "Symantec Class 3" are none of these.
 */
export const inspectors: Readonly<Record<string, RegExp>> = {
  Zscaler: /zscaler/i,
  Netskope: /netskope|goskope/i,
  "Palo Alto Networks": /palo ?alto/i,
  Fortinet: /forti(net|gate|guard)/i,
  Cisco: /umbrella|cisco (secure )?(web|wsa)|ironport/i,
  "Cloudflare WARP": /gateway ca - cloudflare|cloudflare (for teams|gateway)/i,
  "Blue Coat, Symantec": /blue ?coat|symantec web/i,
  Forcepoint: /forcepoint|websense/i,
  "Skyhigh, McAfee": /skyhigh|mcafee web/i,
  Sophos: /sophos/i,
  "Check Point": /check ?point/i,
  "Cato Networks": /cato networks/i,
  "Menlo Security": /menlo security/i,
  iboss: /iboss/i,
  Barracuda: /barracuda/i,
  WatchGuard: /watchguard/i,
  SonicWall: /sonicwall/i,
  Smoothwall: /smoothwall/i,
  Securly: /securly/i,
  Untangle: /untangle/i,
  squid: /squid/i,
  mitmproxy: /mitmproxy|mitm/i,
  "debugging proxies": /charles proxy|burp|portswigger|fiddler|proxyman|http toolkit/i,
  "virus scanners": /kaspersky|eset ssl|avast|avg web|bitdefender|norton web|adguard/i,
  // What home-made ones call themselves.
  others: /inspection|inspector|intercept|decrypt|(web|ssl|tls)[ -]?(proxy|gateway|filter)|proxy (ca|root)/i,
};
