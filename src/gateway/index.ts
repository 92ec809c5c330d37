export { startGateway } from "./gateway.js";
export type { Gateway, GatewayAddress, GatewayEvent, GatewayOptions, GatewayStatus, ReverseProxy } from "./types.js";
