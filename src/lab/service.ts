import type { Connection, Listener } from "./listener.js";
import type { ProxyFault, ProxyOptions } from "./types.js";
import type { World } from "./world.js";

/** What a proxy does with a connection that is up, TLS included. */
export type Service = (connection: Connection) => void;

/** What a service knows of its proxy. */
export interface ProxyContext {
  readonly name: string;
  readonly world: World;
  readonly listener: Listener;
  /** This and the fault are read again at each step, since tests switch them. */
  readonly login: ProxyOptions["login"];
  readonly fault: ProxyFault | undefined;
}
