import { connect, createServer, type Server } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/**
 * Takes ports that were free a moment ago, each once. A stranger could still be faster than the daemon, which then fails
 * to start and says so.
 */
export async function freePorts(count: number): Promise<() => number> {
  const servers = Array.from({ length: count }, () => createServer());
  // Held open together, so that none is handed out twice.
  const ports = await Promise.all(servers.map(listen));
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return () => {
    const port = ports.pop();
    if (port === undefined) throw new RangeError(`more than ${count} ports were asked for`);
    return port;
  };
}

/** Listens on loopback, and resolves with the port. */
export function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address !== null && typeof address === "object") resolve(address.port);
    });
  });
}

/** Resolves once something accepts on the port; gives up when `failed` says that nothing will, or after 15 seconds. */
export async function accepting(port: number, failed: () => string | undefined): Promise<void> {
  const deadline = performance.now() + 15_000;
  for (;;) {
    const reason = failed();
    if (reason !== undefined) throw new Error(reason);
    if (await accepts(port)) return;
    if (performance.now() > deadline) throw new Error(`nothing accepts on port ${port} after 15 seconds`);
    await delay(20);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
