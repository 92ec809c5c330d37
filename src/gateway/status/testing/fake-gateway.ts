import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ConnectError } from "../../../base/errors.js";
import { testContext } from "../../../dial/testing/context.js";
import type { GatewayState, GatewayStatus } from "../../types.js";
import { createStatusPages, type StatusAccess } from "../index.js";

export const quietStatus: GatewayStatus = {
  version: "1.2.3",
  startedAt: "2026-11-20T08:00:00.000Z",
  uptimeSeconds: 12_345,
  draining: false,
  listening: "http://127.0.0.1:8118",
  admits: "token",
  origins: [],
  intercepted: [],
  routes: [{ hosts: "every host", way: "direct", source: "no proxy is set" }],
  certificates: [],
  connections: [],
  totals: {
    connections: { connect: 0, socks5: 0, forward: 0, upgrade: 0, origin: 0 },
    bytesUp: 0,
    bytesDown: 0,
    reloads: 0,
    failedReloads: 0,
    networkChanges: 0,
  },
  faults: [],
  refusals: {},
  warnings: [],
};

/** A gateway of which nothing but the status page is real. */
export interface FakeGateway extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** What it tells of itself, from now on. */
  status: GatewayStatus;
  /** The clock, in milliseconds since the epoch; undefined: the real one. */
  now: number | undefined;
  /** `status reason`, each refusal that it counted. */
  readonly refusals: string[];
}

export async function fakeGateway(
  token: string | undefined,
  status: GatewayStatus = quietStatus,
  access: Partial<StatusAccess> = {},
): Promise<FakeGateway> {
  const refusals: string[] = [];
  const fake = { status, now: undefined as number | undefined };
  const context = testContext({ system: { now: () => fake.now ?? Date.now() } });
  const state: GatewayState = {
    context: () => context,
    options: {
      token,
      drainTimeout: 1000,
      maximumConnections: 10,
      maximumHeadSize: 16_384,
      headTimeout: 1000,
      linkLocal: false,
    },
    startedAt: Date.parse(status.startedAt),
    live: new Set(),
    track: () => {
      throw new Error("the status page tracks nothing");
    },
    fault: (_target: string, fault: ConnectError) => {
      throw fault;
    },
    refused: (code, reason) => void refusals.push(`${code} ${reason}`),
    status: () => fake.status,
    signal: new AbortController().signal,
    draining: () => fake.status.draining,
    ending: new AbortController().signal,
  };
  const server = createServer((request, response) => {
    if (!pages.handle(request, response)) response.writeHead(404).end("unknown\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const pages = createStatusPages(state, { token, port, ...access });
  return Object.assign(fake, {
    port,
    url: `http://127.0.0.1:${port}`,
    refusals,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
