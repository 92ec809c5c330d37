export { AbortFlag, type Abortable } from "./abortable.js";
export { dial } from "./dial.js";
export { afterMove, followConnections } from "./open-connections.js";
export { isThere } from "./is-there.js";
export { hopKey } from "./hop.js";
export { throughTunnel } from "./through-tunnel.js";
export { identityFor, identityMeantFor } from "./identity-for.js";
export { speaksOlderTls } from "./secure-target.js";
export { cannotAsk, cannotAskStatus, saysSo } from "./late-certificate.js";
export { connectionFault } from "./watch.js";
export { stageChannel } from "./stages.js";
export { looksLikeInspector, issuerName } from "./faults-chain.js";
export { askedForCertificate } from "./tls.js";
export { authFault } from "./login/faults.js";
export { encodeFault, faultDetailHeader, faultHeader } from "./faults-gateway.js";
export { authority, quotePeer, type Endpoint } from "./endpoint.js";
export { contextKey } from "./secure-contexts.js";
export type {
  AnswerWatch,
  Connection,
  DialContext,
  DialOptions,
  Forward,
  ForwardedRequest,
  HttpTarget,
  StageEvent,
  Target,
  TunnelTarget,
} from "./types.js";
export { ByteReader } from "./byte-reader.js";
export { keepShown } from "./shown-certificate.js";
export { tellShown } from "./shown-chain.js";
export { openTls, keepOriginals, type Originals } from "./own-sockets.js";
export { authorizationFor, type Authorization, type AuthorizationOptions } from "./login/authorization.js";
export { startsLikeTls } from "./faults-tunnel.js";
export { orIntermediate } from "./faults-client-certificate.js";
export { sentElsewhere, type Elsewhere } from "./elsewhere.js";
export { schemeTaken } from "./proxy-hops.js";
export { askHelperAhead, proxyCredentials } from "./proxy-login.js";
