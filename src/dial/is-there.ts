import { clearTimeout, setTimeout } from "../base/timers.js";
import type { HostPort } from "../base/hostname.js";
import type { Address, System } from "../base/system.js";
import { knownAddresses } from "./dns.js";
import { openSocket } from "./own-sockets.js";
import { patience } from "./probe.js";

/**
 * Whether anybody answers at a proxy's port: by a connection on which nothing is sent. Within a second for all of it; keeps no program running.
 * Never rejects.
 */
export function isThere(system: System, { host, port }: HostPort): Promise<boolean> {
  const attempts: ReturnType<typeof openSocket>[] = [];
  const found = new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), patience).unref();
    const finish = (isFound: boolean): void => {
      clearTimeout(timer);
      resolve(isFound);
    };
    addressesOf(system, host).then(
      (addresses) => {
        let left = addresses.length;
        if (left === 0) finish(false);
        for (const { address, family } of addresses) {
          const socket = openSocket({ host: address, port, family, autoSelectFamily: false }).unref();
          attempts.push(socket);
          socket.once("connect", () => finish(true));
          socket.on("error", () => --left === 0 && finish(false));
        }
      },
      () => finish(false),
    );
  });
  return found.finally(() => {
    for (const socket of attempts) socket.destroy();
  });
}

async function addressesOf(system: System, host: string): Promise<readonly Address[]> {
  return knownAddresses({ hop: "proxy", host, port: 0 }) ?? (await system.lookup(host));
}
