import { isLinkLocal, parseIp } from "../../base/ip.js";
import type { NetworkView } from "../../base/system.js";
import type { NetworkPlaces } from "./types.js";

/** What containers and virtual machines of this machine hang on. They come and go while it stays where it is. */
const virtual = /^(?:docker|br-[0-9a-f]{12}$|veth|virbr|vmnet|vboxnet|lxcbr|lxdbr|cni|flannel|cali|podman)/;
/** Every interface has one of these by itself: no network has given it. */
function isOwn(text: string): boolean {
  const address = parseIp(text);
  return address !== undefined && isLinkLocal(address);
}

/**
 * The view of a machine with these interfaces; `more` is what else tells one network from another. In one order, whatever the order
 * in which the system names things.
 */
export function viewOf(interfaces: ReturnType<NetworkPlaces["interfaces"]>, more: readonly string[]): NetworkView {
  const addresses = new Set<string>();
  const given: string[] = [];
  for (const [name, found = []] of Object.entries(interfaces)) {
    for (const { address, internal } of found) {
      addresses.add(address);
      if (!internal && !virtual.test(name) && !isOwn(address)) given.push(`${name} ${address}`);
    }
  }
  return { addresses, isOffline: given.length === 0, mark: [...given.sort(), ...more].join("\n") };
}

/** The servers and search domains of a `resolv.conf`, without what a program that writes it notes beside them. */
export function resolversOf(text: string | undefined): readonly string[] {
  if (text === undefined) return [];
  const lines = text.split("\n").map((line) =>
    line
      .replace(/[#;].*/, "")
      .trim()
      .replace(/\s+/g, " "),
  );
  return lines.filter((line) => /^(?:nameserver|search|domain)\s/.test(line));
}
