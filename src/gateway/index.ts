export { startGateway } from "./gateway.js";
export type { Gateway, GatewayAddress, GatewayEvent, GatewayOptions, GatewayStatus, OriginFront } from "./types.js";
