import { viewOf } from "./view.js";
import type { NetworkReader } from "./types.js";

/** Routes and resolvers take a program to read; a network that is another one gives other addresses, nearly always. */
export const readWindowsNetwork: NetworkReader = ({ interfaces }) => viewOf(interfaces(), []);
