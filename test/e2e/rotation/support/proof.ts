import { spawn } from "node:child_process";
import { once } from "node:events";
import https from "node:https";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { HttpsProxyAgent } from "https-proxy-agent7";
import { startGateway } from "../../../../src/gateway/index.js";
import { labVariables, startStandardLab, type LabEcho, type StandardLab } from "../../../../src/lab/index.js";
import { preload } from "../../preload/support/program.js";
import { nodeRequest } from "../../support/clients.js";
import { networkAt } from "../../support/office.js";
import { issue, Mount, type Way } from "./rotating.js";

export interface Outcome {
  readonly requests: number;
  readonly failures: readonly string[];
  /** Certificates that were never complete or never valid, and were shown all the same. */
  readonly wrong: readonly string[];
  /** Milliseconds from a new pair's being complete until the last client's request was answered under it, at the worst. */
  readonly worst: { readonly ms: number; readonly client: string; readonly way: string };
  readonly perSecond: number;
}

/** Milliseconds that each of the clients waits between two requests: some fifty a second in all, on a machine that keeps up. */
const pause = 130;
/** Milliseconds in which a new pair has to be in use: a bound against waiting for ever, and not what is measured. */
const bound = 30_000;
const order: readonly Way[] = [
  "by renaming",
  "in place, in two steps",
  "by turning a link",
  "with times that are set back",
];

type Ask = () => Promise<Pick<LabEcho, "peer">>;

/** What the clients have seen. */
class Record {
  readonly failures: string[] = [];
  readonly wrong = new Set<string>();
  readonly #seen = new Map<string, { readonly peer: string; readonly at: number }>();
  readonly #clients = new Set<string>();
  #changed: () => void = () => undefined;
  requests = 0;

  expect(client: string): void {
    this.#clients.add(client);
  }

  answered(client: string, peer: string | null): void {
    this.requests++;
    const name = peer ?? "no certificate";
    if (!name.startsWith("serial-")) this.wrong.add(`${client}: ${name}`);
    if (this.#seen.get(client)?.peer !== name) this.#seen.set(client, { peer: name, at: performance.now() });
    this.#changed();
  }

  failed(client: string, message: string): void {
    this.requests++;
    this.failures.push(`${client}: ${message}`);
  }

  /** Resolves when all clients were answered under this certificate. Gives the last of them. */
  async all(peer: string): Promise<{ readonly client: string; readonly at: number }> {
    const isMissing = (client: string): boolean => this.#seen.get(client)?.peer !== peer;
    const end = performance.now() + bound;
    for (;;) {
      const missing = [...this.#clients].filter(isMissing);
      if (missing.length === 0) break;
      if (performance.now() > end) throw new Error(`${peer} was not seen of ${missing.join(", ")}`);
      await Promise.race([
        new Promise<void>((resolve) => (this.#changed = resolve)),
        new Promise((resolve) => setTimeout(resolve, 1000)),
      ]);
    }
    const seen = [...this.#seen].map(([client, { at }]) => ({ client, at }));
    return seen.reduce((last, next) => (next.at > last.at ? next : last));
  }
}

/**
 * Rotates a client certificate so many times, in every way in which files are replaced, with pairs in between that cannot be used, while
 * programs ask a server for whose certificate it sees: by fetch, an agent, HTTP/2, the preload, and a gateway.
 */
export async function rotateUnderLoad(rotations: number): Promise<Outcome> {
  await using lab = await startStandardLab();
  const mount = await Mount.make(lab, await issue(lab, "serial-0"));
  const record = new Record();
  await using clients = await startClients(lab, mount, record);
  const begun = performance.now();
  let worst = { ms: 0, client: "", way: "" };
  await record.all("serial-0");
  for (let number = 1; number <= rotations; number++) {
    const way = order[number % order.length] ?? "by renaming";
    const next = await issue(lab, `serial-${number}`);
    await disturb(lab, mount, number);
    await mount.put(way, next);
    const complete = performance.now();
    const { client, at } = await record.all(`serial-${number}`);
    if (at - complete > worst.ms) worst = { ms: at - complete, client, way };
  }
  await clients.stop();
  const perSecond = record.requests / ((performance.now() - begun) / 1000);
  return { requests: record.requests, failures: record.failures, wrong: [...record.wrong], worst, perSecond };
}

/** Puts a pair into place that cannot be used: two that do not match, or one whose time is over. It stays for a while, or for longer. */
async function disturb(lab: StandardLab, mount: Mount, number: number): Promise<void> {
  if (number % 3 === 0) return;
  const expired = number % 3 === 1;
  const pair = await issue(lab, expired ? "expired" : "mismatch", expired);
  const other = expired ? pair : { ...pair, key: (await issue(lab, "other")).key };
  await mount.put(order[Math.floor(number / 2) % order.length] ?? "by renaming", other);
  // Longer than anybody waits for a second step, now and then.
  const stays = number % 7 === 4 ? 2000 : 250;
  await new Promise((resolve) => setTimeout(resolve, stays));
}

interface Clients extends AsyncDisposable {
  stop(): Promise<void>;
}

async function startClients(lab: StandardLab, { paths }: Mount, record: Record): Promise<Clients> {
  const opened: AsyncDisposable[] = [];
  let isOver = false;
  const loops: Promise<void>[] = [];
  const askAgain = async (client: string, ask: Ask): Promise<void> => {
    while (!isOver) {
      await ask().then(
        ({ peer }) => record.answered(client, peer),
        (error: Error) => record.failed(client, `${error.message}: ${String(error.cause)}`),
      );
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  };
  for (const [client, ask] of Object.entries(await askers(lab, paths, opened))) {
    record.expect(client);
    loops.push(askAgain(client, ask));
  }
  const endProgram = startProgram(lab, paths, record);
  let stopping: Promise<unknown> | undefined;
  const stop = async (): Promise<void> => {
    isOver = true;
    await (stopping ??= Promise.all([...loops, endProgram()]));
  };
  const dispose = async (): Promise<void> => {
    await stop();
    await Promise.all(opened.map((each) => each[Symbol.asyncDispose]()));
  };
  return { stop, [Symbol.asyncDispose]: dispose };
}

async function askers(
  lab: StandardLab,
  { cert, key }: Mount["paths"],
  opened: AsyncDisposable[],
): Promise<Readonly<{ [client: string]: Ask }>> {
  const { url } = lab.mtls;
  const options = { clientCertificate: false, cert, key, watch: true } as const;
  const network = await networkAt(lab, lab.basic, options);
  const older = await networkAt(lab, lab.overTls, { ...options, dispatcher: { allowH2: false } });
  const gateway = await startGateway({
    source: { variables: labVariables(lab, lab.basic, { clientCertificate: false }) },
    lookup: lab.lookup,
    stores: ["bundled"],
    cert,
    key,
    intercept: [lab.mtls.name],
    origins: { mtls: url },
  });
  opened.push(network, older, gateway);
  const reverse = gateway.origins[0]?.url ?? "";
  // A tunnel for each request: what is joined to an old connection stays joined to it.
  const agent = new HttpsProxyAgent(gateway.proxyUrl, { keepAlive: false });
  return {
    "fetch, HTTP/2": async () => (await (await network.fetch(url)).json()) as LabEcho,
    "fetch, HTTP/1.1": async () => (await (await older.fetch(url)).json()) as LabEcho,
    agent: async () => JSON.parse((await nodeRequest(network, url)).body) as LabEcho,
    "gateway, reverse proxy": async () => (await (await fetch(reverse)).json()) as LabEcho,
    "gateway, TLS interception": () => getJson(url, { agent, ca: gateway.authority }),
  };
}

function getJson(url: string, options: https.RequestOptions): Promise<LabEcho> {
  return new Promise((resolve, reject) => {
    https
      .get(url, options, (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("end", () => resolve(JSON.parse(text) as LabEcho));
        response.on("error", reject);
      })
      .on("error", reject);
  });
}

/** Gives a function that ends it. */
function startProgram(lab: StandardLab, { cert, key }: Mount["paths"], record: Record): () => Promise<void> {
  const script = fileURLToPath(new URL("program.mjs", import.meta.url));
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: "/nonexistent",
    SALLYPORT_CERT_STORE: "bundled",
    ...labVariables(lab, lab.basic, { clientCertificate: false }),
    SALLYPORT_CLIENT_CERT: cert,
    SALLYPORT_CLIENT_KEY: key,
  };
  const child = spawn(process.execPath, ["--require", preload, script, lab.mtls.url, String(pause)], {
    env,
    // It warns of the pairs that cannot be used.
    stdio: ["pipe", "pipe", "ignore"],
  });
  for (const client of ["preload, fetch", "preload, node:https"]) record.expect(client);
  createInterface(child.stdout).on("line", (line) => {
    const told = JSON.parse(line) as { readonly client: string; readonly peer?: string; readonly error?: string };
    if (told.error === undefined) record.answered(told.client, told.peer ?? null);
    else record.failed(told.client, told.error);
  });
  const ended = once(child, "close");
  return async () => {
    child.stdin.end();
    await ended;
  };
}
