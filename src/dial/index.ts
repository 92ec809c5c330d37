export { dial, hopKey, identityFor } from "./dial.js";
export { connectionFault } from "./watch.js";
export { stageChannel } from "./stages.js";
export { looksLikeInspector, issuerName } from "./chain-faults.js";
export { askedForCertificate } from "./tls.js";
export { authFault } from "./tunnel-faults.js";
export { authority, quoteFarSide, type Endpoint } from "./endpoint.js";
export { contextKey } from "./secure-contexts.js";
export type { Connection, DialContext, DialOptions, StageEvent, Target } from "./types.js";
