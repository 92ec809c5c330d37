export { startGateway } from "./gateway.js";
export type {
  CertificateStatus,
  ConnectionKind,
  ConnectionStatus,
  Gateway,
  GatewayAddress,
  GatewayEvent,
  GatewayOptions,
  GatewayStatus,
  ReverseProxy,
} from "./types.js";
