import { isIP, type Socket } from "node:net";
import { addressBytes } from "./ca.js";
import { dialOut, formatAuthority, splice, type Target } from "./connect.js";
import type { Connection } from "./listener.js";
import { faultAtAnswer } from "./proxy-faults.js";
import type { ProxyContext, Service } from "./service.js";

// Reply codes, RFC 1928 section 6.
const GRANTED = 0;
const FAILURE = 1;
const NOT_ALLOWED = 2;
const HOST_UNREACHABLE = 4;
const REFUSED = 5;
const COMMAND_UNSUPPORTED = 7;
const ADDRESS_UNSUPPORTED = 8;

const CONNECT = 1;

const NO_LOGIN = 0x00;
const USER_PASSWORD = 0x02;
const NO_METHOD = 0xff;

// Reply codes of SOCKS4.
const GRANTED_4 = 90;
const REJECTED_4 = 91;
const USER_UNKNOWN_4 = 93;

/** SOCKS 4, 4a and 5 (RFC 1928, RFC 1929), CONNECT alone. */
export function socksService(proxy: ProxyContext): Service {
  return (connection) => {
    serve(proxy, connection).catch(() => connection.socket.destroy());
  };
}

async function serve(proxy: ProxyContext, connection: Connection): Promise<void> {
  const version = await octet(connection.socket);
  if (faultAtAnswer(proxy.fault, connection.socket, connection.raw))
    return log(proxy, connection, undefined, undefined, -1);
  if (version === 5) return serve5(proxy, connection);
  if (version === 4) return serve4(proxy, connection);
  // Not SOCKS: real servers hang up as well.
  connection.socket.destroy();
}

async function serve5(proxy: ProxyContext, connection: Connection): Promise<void> {
  const { socket } = connection;
  const methods = await take(socket, await octet(socket));
  const wanted = proxy.login === undefined ? NO_LOGIN : USER_PASSWORD;
  if (proxy.fault?.kind === "auth" || !methods.includes(wanted)) {
    socket.write(Buffer.of(5, NO_METHOD));
    socket.destroySoon();
    return log(proxy, connection, undefined, undefined, NO_METHOD);
  }
  socket.write(Buffer.of(5, wanted));
  let authorization: string | undefined;
  if (proxy.login !== undefined) {
    authorization = await readLogin(socket);
    const right = authorization === `${proxy.login.username}:${proxy.login.password}`;
    socket.write(Buffer.of(1, right ? 0 : 1));
    if (!right) {
      socket.destroySoon();
      return log(proxy, connection, undefined, authorization, NO_METHOD);
    }
  }

  const [, command, , type] = await take(socket, 4);
  const host = await readHost5(socket, type);
  const target = host === undefined ? undefined : { host, port: (await take(socket, 2)).readUInt16BE() };
  const reply = (code: number, bound?: Socket) => {
    log(proxy, connection, target, authorization, code);
    const address = bound?.localAddress ?? "0.0.0.0";
    const port = bound?.localPort ?? 0;
    socket.write(
      Buffer.concat([
        Buffer.of(5, code, 0, isIP(address) === 6 ? 4 : 1),
        addressBytes(address),
        Buffer.of(port >> 8, port & 0xff),
      ]),
    );
  };
  const refusal = refusal5(proxy, command, target);
  if (refusal === undefined && target !== undefined) return open(proxy, connection, target, reply);
  reply(refusal ?? FAILURE);
  socket.destroySoon();
}

function refusal5(
  { fault }: ProxyContext,
  command: number | undefined,
  target: Target | undefined,
): number | undefined {
  if (fault?.kind === "socks-reply") return fault.code;
  if (fault?.kind === "status") return FAILURE;
  if (target === undefined) return ADDRESS_UNSUPPORTED;
  return command === CONNECT ? undefined : COMMAND_UNSUPPORTED;
}

async function serve4(proxy: ProxyContext, connection: Connection): Promise<void> {
  const { socket } = connection;
  const head = await take(socket, 7);
  const user = await readString(socket);
  const address = head.subarray(3);
  // 0.0.0.x says that a name follows: SOCKS4a.
  const named = address.readUInt32BE() < 256 && address.readUInt32BE() > 0;
  const host = named ? await readString(socket) : address.join(".");
  const target = { host, port: head.readUInt16BE(1) };
  const reply = (code: number) => {
    log(proxy, connection, target, user === "" ? undefined : `${user}:`, code);
    socket.write(Buffer.of(0, code, 0, 0, 0, 0, 0, 0));
  };
  const { fault } = proxy;
  // SOCKS4 knows no passwords, so that a proxy with a login takes nobody's word.
  if (proxy.login !== undefined || fault?.kind === "auth") reply(USER_UNKNOWN_4);
  else if (head[0] !== CONNECT || fault?.kind === "socks-reply" || fault?.kind === "status") reply(REJECTED_4);
  else return open(proxy, connection, target, (code) => reply(code === GRANTED ? GRANTED_4 : REJECTED_4));
  socket.destroySoon();
}

async function open(
  proxy: ProxyContext,
  connection: Connection,
  target: Target,
  reply: (code: number, bound?: Socket) => void,
): Promise<void> {
  const { socket } = connection;
  const upstream = await dialOut(proxy.listener, proxy.world.names.resolve(proxy.name, target.host, target.port));
  if (typeof upstream === "string") {
    reply({ unknown: HOST_UNREACHABLE, forbidden: NOT_ALLOWED, refused: REFUSED }[upstream]);
    return socket.destroySoon();
  }
  // A client that has gone meanwhile takes the connection to the origin with it, by splice.
  reply(GRANTED, upstream);
  splice(socket, upstream);
}

function log(
  proxy: ProxyContext,
  connection: Connection,
  target: Target | undefined,
  authorization: string | undefined,
  status: number,
): void {
  proxy.world.log.add({
    by: proxy.name,
    kind: "connect",
    connection: connection.number,
    target: target === undefined ? "" : formatAuthority(target),
    authorization,
    status,
    headers: {},
  });
}

/** RFC 1929 section 2, as `user:password`. */
async function readLogin(socket: Socket): Promise<string> {
  await octet(socket);
  const user = await take(socket, await octet(socket));
  const password = await take(socket, await octet(socket));
  return `${user.toString("utf8")}:${password.toString("utf8")}`;
}

async function readHost5(socket: Socket, type: number | undefined): Promise<string | undefined> {
  switch (type) {
    case 1:
      return (await take(socket, 4)).join(".");
    case 3:
      return (await take(socket, await octet(socket))).toString("latin1");
    case 4: {
      const groups = (await take(socket, 16)).toString("hex").match(/.{4}/g) ?? [];
      return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
    }
    default:
      return undefined;
  }
}

async function readString(socket: Socket): Promise<string> {
  const octets: number[] = [];
  for (let next = await octet(socket); next !== 0; next = await octet(socket)) octets.push(next);
  return Buffer.from(octets).toString("latin1");
}

async function octet(socket: Socket): Promise<number> {
  return (await take(socket, 1)).readUInt8();
}

/** Exactly so many octets; rejects when the client goes before they are there. */
async function take(socket: Socket, count: number): Promise<Buffer> {
  if (count === 0) return Buffer.alloc(0);
  for (;;) {
    const chunk: unknown = socket.read(count);
    if (chunk instanceof Buffer && chunk.length === count) return chunk;
    if (chunk !== null || socket.readableEnded || socket.destroyed) throw new Error("the client has disconnected");
    await new Promise<void>((resolve) => {
      const ready = () => {
        socket.off("readable", ready).off("end", ready).off("close", ready);
        resolve();
      };
      socket.on("readable", ready).on("end", ready).on("close", ready);
    });
  }
}
