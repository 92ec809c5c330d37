import { spawn } from "node:child_process";
import type { Acceptors } from "./acceptor.js";
import type { CaptureTools, Cover } from "./messages.js";

/** A step of the set-up that failed, with what its program said. */
export class StepFailed extends Error {
  readonly step: string;
  readonly words: string;

  constructor(step: string, words: string) {
    super(words);
    this.step = step;
    this.words = words;
  }
}

/**
 * Makes every address one of this namespace's own, so that whatever is connected to is accepted here, and what is sent by UDP finds nobody and is
 * refused at once. An interface beside loopback is there for programs that ask whether the machine has a network at all.
 */
export async function routeEverythingHere({ ip }: CaptureTools): Promise<void> {
  await execute("ip", ip, ["-batch", "-"], "link set lo up\nroute add local default dev lo\n");
  // Without IPv6 in the kernel there is nothing to route.
  await execute("ip", ip, ["-6", "-batch", "-"], "route add local default dev lo\n").catch(() => undefined);
  // Which kinds there are depends on the kernel's modules: without any, browsers say that they are offline.
  for (const kind of ["type dummy", "type veth peer name sallyport1"]) {
    const made = [
      `link add sallyport0 ${kind}`,
      "link set sallyport0 addrgenmode none",
      "addr add 198.18.0.1/32 dev sallyport0",
      "link set sallyport0 up",
      "route add default dev sallyport0",
    ];
    const peer = kind.includes("veth") ? ["link set sallyport1 addrgenmode none", "link set sallyport1 up"] : [];
    const done = await execute(
      "ip",
      ip,
      ["-batch", "-"],
      [...made.slice(0, 2), ...peer, ...made.slice(2), ""].join("\n"),
    ).then(
      () => true,
      () => false,
    );
    if (done) return;
  }
}

/** Leads what is connected to an acceptor and leaves its address as it is. Loopback stays the command's own. */
export async function leadToAcceptors({ nft }: CaptureTools, { byPort, others }: Acceptors): Promise<void> {
  const ports = [...byPort.keys()].toSorted((one, other) => one - other);
  const entries: string[] = [];
  let from = 1;
  for (const port of [...ports, 65_536]) {
    if (port > from) entries.push(`${from}-${port - 1} : ${others}`.replace(/^(\d+)-\1 /, "$1 "));
    const own = byPort.get(port);
    if (own !== undefined) entries.push(`${port} : ${own}`);
    from = port + 1;
  }
  const rules = `
table inet sallyport {
  chain led {
    type nat hook output priority -100; policy accept;
    ip daddr 127.0.0.0/8 return
    ip6 daddr ::1 return
    meta nfproto ipv6 udp dport 53 redirect to :53
    tcp dport 53 return
    meta l4proto tcp dnat to :tcp dport map { ${entries.join(", ")} }
  }
  chain refused {
    type filter hook output priority 0; policy accept;
    ip daddr 127.0.0.0/8 accept
    icmp type echo-request reject with icmp type admin-prohibited
    icmpv6 type echo-request reject with icmpv6 type admin-prohibited
  }
}
`;
  await execute("nft", nft, ["-f", "-"], rules);
}

/** @throws {StepFailed} */
export async function cover({ mount }: CaptureTools, covers: readonly Cover[]): Promise<void> {
  await Promise.all(covers.map(({ source, target }) => execute("mount", mount, ["--bind", source, target])));
}

function execute(step: string, program: string, args: readonly string[], input = ""): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["pipe", "ignore", "pipe"] });
    let words = "";
    child.stderr.on("data", (chunk: Buffer) => {
      if (words.length < 1000) words += chunk.toString("latin1");
    });
    child.once("error", (error) => reject(new StepFailed(step, error.message)));
    child.once("close", (status) => {
      if (status === 0) resolve();
      else reject(new StepFailed(step, words.split("\n")[0] ?? ""));
    });
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}
