import { resolversOf, viewOf } from "./view.js";
import type { NetworkReader } from "./types.js";

/** RTF_REJECT: a route that says that there is none. */
const reject = 0x200;

/** Addresses, default routes and resolvers. What the kernel tells of a route beside its way (uses, references, times) counts for nothing. */
export const readLinuxNetwork: NetworkReader = ({ interfaces, readFile }) =>
  viewOf(interfaces(), [
    ...defaultRoutes(readFile("/proc/net/route")),
    ...defaultRoutes6(readFile("/proc/net/ipv6_route")),
    ...resolversOf(readFile("/etc/resolv.conf")),
    // Where systemd-resolved answers, the file above names itself alone.
    ...resolversOf(readFile("/run/systemd/resolve/resolv.conf")),
  ]);

/** `Iface Destination Gateway Flags RefCnt Use Metric Mask …`, in hexadecimal. VPNs halve the default route to stand before it. */
function defaultRoutes(text = ""): readonly string[] {
  const isDefault = (destination = "", mask = ""): boolean =>
    /^0{8}$/.test(mask) || (mask === "00000080" && /^0{6}[08]0$/.test(destination));
  return routes(text, ([name, destination, gateway, flags, , , metric, mask]) =>
    isDefault(destination, mask) && isWay(flags) ? `${name} ${destination} via ${gateway} ${metric}` : undefined,
  );
}

/** `destination length source length gateway metric refs uses flags Iface`. */
function defaultRoutes6(text = ""): readonly string[] {
  return routes(text, ([destination, length, , , gateway, metric, , , flags, name]) =>
    (length === "00" || length === "01") && isWay(flags)
      ? `${name} ${destination} via ${gateway} ${metric}`
      : undefined,
  );
}

function isWay(flags = "0"): boolean {
  return (Number.parseInt(flags, 16) & reject) === 0;
}

function routes(text: string, show: (fields: readonly string[]) => string | undefined): readonly string[] {
  const shown = text.split("\n").map((line) => show(line.trim().split(/\s+/)));
  return shown.filter((line) => line !== undefined).sort();
}
