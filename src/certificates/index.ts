export { candidateOf, candidatesIn, isTrusted, type Candidate } from "./candidates.js";
export { findIssuers } from "./chain.js";
export { convertToPem, type Converted } from "./convert.js";
export { readContents, type Opening } from "./contents.js";
export { describeCertificate, describeKey, shown } from "./describe.js";
export { lookAtHost } from "./host.js";
export { formatBundle, parseBundle, type TrustedEntry } from "./own-bundle.js";
export type { CertificateReport, Contents, FoundCertificate, FoundKey, HostLook } from "./types.js";
