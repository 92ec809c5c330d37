export { findIssuers } from "./chain.js";
export { readContents, type Opening } from "./contents.js";
export { describeCertificate, describeKey, shown } from "./describe.js";
export { lookAtHost } from "./host.js";
export type { CertificateReport, Contents, FoundCertificate, FoundKey, HostLook } from "./types.js";
