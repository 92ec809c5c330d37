import type { CertificateStatus } from "../types.js";
import { html, type Html } from "../../base/html.js";
import { breakable } from "./hosts.js";
import { badge, empty, readable, row, section, table, type View } from "./view.js";
import { formatCount, formatDuration } from "./units.js";

export function certificatesSection({ status: { certificates }, now, prefix }: View): Html {
  if (certificates.length === 0) {
    const variables = html`<code>${prefix}_CLIENT_CERT</code> and <code>${prefix}_CLIENT_KEY</code>`;
    return section(
      "certificates",
      "Client certificates",
      empty("None is configured. Servers that ask for one get it from ", variables, ", or from a configuration file."),
    );
  }
  const rows = certificates.map((certificate, index) => certificateRow(certificate, index, now));
  return section(
    "certificates",
    "Client certificates",
    table("Client certificates in force", "certificates", ["Certificate", "Shown to", "Valid until"], rows),
    formatCount(certificates.length),
  );
}

function certificateRow(certificate: CertificateStatus, index: number, now: number): Html {
  const { name, subject, issuer, hosts } = certificate;
  return row(`certificate-${index}`, [
    {
      label: "Certificate",
      name,
      content: html`<strong class="name"><bdi>${name}</bdi></strong>
        <p class="fine"><bdi>${subject}</bdi><br />issued by <bdi>${issuer}</bdi></p>`,
    },
    { label: "Shown to", content: breakable(hosts) },
    { label: "Valid until", content: expiry(certificate, now) },
  ]);
}

/** In words as well as in colour. */
export function expiry({ state, notBefore, notAfter }: CertificateStatus, now: number): Html {
  const left = formatDuration(Math.abs(Date.parse(notAfter) - now));
  const date = html`<time datetime="${notAfter}" title="${readable(notAfter)}">${notAfter.slice(0, 10)}</time>`;
  switch (state) {
    case "valid":
      return html`${date} ${badge("good", `valid, ${left} left`)}`;
    case "expires-soon":
      return html`${date} ${badge("warn", `expires in ${left}`)}`;
    case "expired":
      return html`${date} ${badge("bad", `expired ${left} ago`)}`;
    case "not-yet-valid":
      return html`${date} ${badge("bad", `not valid before ${readable(notBefore)}`)}`;
  }
}
