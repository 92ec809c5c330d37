import type { Socket } from "node:net";
import { parseIp } from "../base/ip.js";
import type { Address } from "../base/system.js";
import type { ProxyProtocol } from "../policy/types.js";
import type { Abortable } from "./abortable.js";
import { bounded } from "./bounded.js";
import { ByteReader } from "./byte-reader.js";
import type { Endpoint } from "./endpoint.js";
import type { Credentials, LoginUse } from "./proxy-login.js";
import {
  needsIpv4,
  notSocks,
  socks4Refusal,
  socks5Refusal,
  socksAuthFault,
  socksClosed,
  socksSilent,
  tooLong,
} from "./faults-socks.js";

export interface SocksRequest {
  readonly protocol: Exclude<ProxyProtocol, "http" | "https">;
  readonly proxy: Endpoint;
  /** A name is resolved by the proxy (5h, 4a); for socks5 and socks4 `address` holds what was resolved here. */
  readonly target: Pick<Endpoint, "host" | "port">;
  readonly address: Address | undefined;
  readonly credentials: Credentials | undefined;
  /** Of `credentials`, where the proxy checks a password: SOCKS 4 has none. */
  readonly login: LoginUse | undefined;
  readonly ms: number;
  readonly signal: Abortable | undefined;
}

/** Has the SOCKS proxy connect to the target. The socket is destroyed where the proxy refuses. */
export async function openSocks(socket: Socket, request: SocksRequest): Promise<void> {
  const reader = new ByteReader(socket, (error, received) => socksClosed(request.proxy, error, received));
  try {
    await bounded(
      request.ms,
      request.signal,
      () => socksSilent(request.proxy, request.ms),
      () => (request.protocol.startsWith("socks5") ? socks5(socket, reader, request) : socks4(socket, reader, request)),
    );
    reader.release();
  } catch (error) {
    request.login?.unanswered();
    socket.destroy();
    throw error;
  }
}

/** RFC 1928, and RFC 1929 for user and password. */
async function socks5(socket: Socket, reader: ByteReader, request: SocksRequest): Promise<void> {
  const { credentials, proxy } = request;
  // Without a login the method is not offered: a proxy must not be led to ask for one.
  socket.write(Buffer.from(credentials === undefined ? [5, 1, 0] : [5, 2, 0, 2]));
  const [version, method] = await reader.read(2);
  if (version !== 5) throw notSocks(proxy, reader.seen());
  if (method === 0xff) throw socksAuthFault(proxy, credentials !== undefined);
  if (method === 2 && credentials !== undefined) await logIn(socket, reader, credentials, request);
  else if (method !== 0) throw notSocks(proxy, reader.seen());
  // A proxy that does not ask for the login has nothing against it.
  request.login?.accepted();

  const port = [request.target.port >> 8, request.target.port & 0xff];
  socket.write(Buffer.concat([Buffer.from([5, 1, 0]), socks5Address(request), Buffer.from(port)]));
  const [replyVersion, reply, , kind] = await reader.read(4);
  if (replyVersion !== 5) throw notSocks(proxy, reader.seen());
  if (reply !== 0) throw socks5Refusal(reply ?? 1, proxy, request.target);
  // The bound address is of no use here, but has to be read off the stream.
  const length = kind === 1 ? 4 : kind === 4 ? 16 : ((await reader.read(1))[0] ?? 0);
  await reader.read(length + 2);
}

async function logIn(
  socket: Socket,
  reader: ByteReader,
  { username, password }: Credentials,
  { proxy, login }: SocksRequest,
): Promise<void> {
  const user = Buffer.from(username, "utf8");
  const pass = Buffer.from(password, "utf8");
  if (user.length > 255 || pass.length > 255) throw tooLong(proxy, "login");
  socket.write(Buffer.concat([Buffer.from([1, user.length]), user, Buffer.from([pass.length]), pass]));
  const [, status] = await reader.read(2);
  if (status === 0) return;
  login?.refused();
  throw socksAuthFault(proxy, true);
}

function socks5Address({ target, address, proxy }: SocksRequest): Buffer {
  const ip = addressBytes(address?.address ?? target.host);
  if (ip !== undefined) return Buffer.concat([Buffer.from([ip.length === 4 ? 1 : 4]), ip]);
  const name = Buffer.from(target.host, "latin1");
  if (name.length > 255) throw tooLong(proxy, "host");
  return Buffer.concat([Buffer.from([3, name.length]), name]);
}

/** The SOCKS 4 and 4A memos of NEC (1992, 1994): IPv4 alone, or a name behind the address 0.0.0.1. */
async function socks4(socket: Socket, reader: ByteReader, request: SocksRequest): Promise<void> {
  const { target, address, proxy, protocol } = request;
  const ip = addressBytes(address?.address ?? target.host);
  if (ip?.length === 16) throw needsIpv4(target, protocol);
  const head = Buffer.from([4, 1, target.port >> 8, target.port & 0xff]);
  const user = Buffer.from(`${request.credentials?.username ?? ""}\0`, "utf8");
  const name = ip === undefined ? Buffer.from(`${target.host}\0`, "latin1") : Buffer.alloc(0);
  socket.write(Buffer.concat([head, ip ?? Buffer.from([0, 0, 0, 1]), user, name]));
  const [version, reply] = await reader.read(8);
  if (version !== 0) throw notSocks(proxy, reader.seen());
  if (reply !== 0x5a) throw socks4Refusal(reply ?? 0x5b, proxy, target);
}

/** Four or sixteen bytes, or undefined where the text is a name. */
function addressBytes(text: string): Buffer | undefined {
  const ip = parseIp(text);
  if (ip === undefined) return undefined;
  return Buffer.from(ip.value.toString(16).padStart(ip.family === 4 ? 8 : 32, "0"), "hex");
}
