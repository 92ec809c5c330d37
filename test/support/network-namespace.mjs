import { spawnSync } from "node:child_process";

/** For `unshare`: a network and mount namespace of its own. */
export const ownNetwork = [
  "--net",
  "--mount",
  "--propagation",
  "private",
  ...(process.getuid?.() === 0 ? [] : ["--map-root-user"]),
];

/** Why no such namespace can be made here; undefined where it can. */
export function whatNamespacesMiss() {
  if (process.platform !== "linux") return "network namespaces are a thing of Linux";
  if (spawnSync("ip", ["-V"]).status !== 0) return "the program ip (Debian: iproute2) is not installed";
  const probe = [...ownNetwork, "ip", "link", "add", "out", "type", "veth", "peer", "name", "nowhere"];
  return spawnSync("unshare", probe).status === 0 ? undefined : "no network namespace can be made and wired here";
}
