export { startGateway } from "./gateway.js";
export type {
  CertificateStatus,
  ConnectionKind,
  ConnectionStatus,
  Gateway,
  GatewayAddress,
  Admits,
  GatewayEvent,
  GatewayFacts,
  GatewayOptions,
  GatewayStatus,
  ReverseProxy,
} from "./types.js";
