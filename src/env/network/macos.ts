import { resolversOf, viewOf } from "./view.js";
import type { NetworkReader } from "./types.js";

/** The routes take a program to read; macOS writes the resolvers of the network in use to the file, VPNs included. */
export const readMacosNetwork: NetworkReader = ({ interfaces, readFile }) =>
  viewOf(interfaces(), resolversOf(readFile("/etc/resolv.conf")));
