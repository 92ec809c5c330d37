import { hostname } from "node:os";
import { connect, createServer, Socket } from "node:net";
import { ownSignals, runCommand } from "../command.js";
import { startAcceptors } from "./acceptor.js";
import type { CapturedUser, CaptureTools, FromWorker, ToWorker } from "./messages.js";
import { Names } from "./names.js";
import { cover, leadToAcceptors, routeEverythingHere, StepFailed } from "./network.js";
import { startResolver } from "./resolver.js";

/*
 * The process between a captured command and sallyport: it lives in the command's network and mount namespaces and has the rights there that the
 * command has not. What the command connects to it hands out, socket and all, and carries no byte itself.
 */

type Prepare = Extract<ToWorker, { kind: "prepare" }>;
type Run = Extract<ToWorker, { kind: "run" }>;

let prepared: Prepare | undefined;

/** Who is gone can be told nothing. */
function tell(message: FromWorker, socket?: Socket): void {
  if (!process.connected) return void socket?.resetAndDestroy();
  // Node would keep an account of the sockets of a server whose connections it hands on; there is nothing to be accounted for.
  if (socket !== undefined) Reflect.set(socket, "server", null);
  process.send?.(message, socket, { keepOpen: false }, (error) => {
    if (error !== null) socket?.resetAndDestroy();
  });
}

async function prepare(message: Prepare): Promise<void> {
  const { tools, hostPorts } = message;
  await routeEverythingHere(tools);
  const names = new Names();
  await startResolver({ names, hostname: hostname().toLowerCase() });
  const acceptors = await startAcceptors({
    names,
    onConnection: (socket, { host, port }) => tell({ kind: "connection", host, port }, socket),
    onForgotten: (address, wasGiven) => tell({ kind: "forgotten", address, wasGiven }),
  });
  await leadToAcceptors(tools, acceptors);
  for (const port of hostPorts) await standFor(port);
  prepared = message;
  tell({ kind: "ready" });
}

/** A port of the machine's loopback is there under the same number on that of the command. */
function standFor(port: number): Promise<void> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }, (socket) =>
    tell({ kind: "to-host", port }, socket),
  );
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(new StepFailed("host-port", error.message)));
    server.listen(port, "127.0.0.1", () => {
      server.unref();
      resolve();
    });
  });
}

async function run({ argv, variables, covers }: Run): Promise<void> {
  if (prepared === undefined) return;
  const { tools, user } = prepared;
  await cover(tools, covers);
  const outcome = await runCommand([...withoutRights(tools, user), ...argv], { variables, onSignal: ownSignals });
  if (outcome.kind === "not-started") throw new StepFailed("unshare", outcome.fault.message);
  const { status, signal } = outcome.end;
  tell({ kind: "ended", status, signal });
}

/**
 * The user that the command would have without us, and no right over the namespaces: in a user namespace below the one that they belong to, or, for root,
 * without the rights that lead out of them.
 */
function withoutRights({ unshare, setpriv }: CaptureTools, { uid, gid, isMapped }: CapturedUser): string[] {
  if (!isMapped && setpriv !== undefined) {
    const gone = ["net_admin", "sys_admin", "sys_ptrace", "sys_module"].map((name) => `-${name}`).join(",");
    return [setpriv, "--inh-caps=-all", `--bounding-set=${gone}`, "--"];
  }
  return [unshare, "--user", `--map-user=${uid}`, `--map-group=${gid}`, "--"];
}

/** Somebody outside comes to a port of the command's. */
function visit(socket: Socket, port: number): void {
  const inner = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
  socket.allowHalfOpen = true;
  for (const [side, other] of [
    [socket, inner],
    [inner, socket],
  ] as const) {
    side.on("error", () => other.resetAndDestroy());
    side.pipe(other);
  }
}

async function obey(message: ToWorker, socket: Socket | undefined): Promise<void> {
  try {
    if (message.kind === "prepare") await prepare(message);
    else if (message.kind === "visitor") {
      if (socket !== undefined) visit(socket, message.port);
    } else {
      await run(message);
      leave();
    }
  } catch (error) {
    const { step, words } = error instanceof StepFailed ? error : new StepFailed("worker", String(error));
    tell({ kind: "failed", step, words });
    leave();
  }
}

/** What has been said gets out before the end: the channel is closed behind it. */
function leave(): void {
  if (process.connected) process.disconnect();
}

/*
 * Sallyport has gone, and with it every way out: with this process go those who listen, so that connections are refused from now on, and those that are on
 * their way are reset. The channel would not always tell: Node does not say that it is gone while a socket that was handed out is not acknowledged.
 */
const lifeline = new Socket({ fd: 4, readable: true, writable: false });
lifeline.on("error", () => undefined);
// oxlint-disable-next-line rooms/machine -- this file is a process of its own, whose end it is about
lifeline.on("close", () => process.exit());
lifeline.resume().unref();
process.on("message", (message: ToWorker, socket: Socket | undefined) => void obey(message, socket));
