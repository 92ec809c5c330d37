import type { Socket } from "node:net";
import type { ConnectError } from "../../base/errors.js";
import { bareHost } from "../../base/hostname.js";
import { formatIp } from "../../base/ip.js";
import { ByteReader } from "../../dial/index.js";
import {
  noSocksTarget,
  otherSocksCommand,
  otherSocksVersion,
  tokenRefusal,
  unknownSocksAddress,
} from "../faults-requests.js";
import type { Refusal } from "./answers.js";
import { lastWords } from "./last-answer.js";
import { parseHost, type Authority } from "./request-head.js";
import { isToken } from "./token.js";
import { serveTunnel, type Tunnelling } from "../tunnel/tunnel.js";

const version = 5;
const method = { none: 0, login: 2, unacceptable: 0xff } as const;
/** RFC 1928 section 6. */
const reply = {
  granted: 0,
  failure: 1,
  notAllowed: 2,
  networkUnreachable: 3,
  hostUnreachable: 4,
  refused: 5,
  expired: 6,
  command: 7,
  addressType: 8,
} as const;

/** Bytes to answer with before the connection is closed. */
class Refused extends Error {
  readonly words: Buffer;
  readonly refusal: Refusal;

  constructor(words: readonly number[], refusal: Refusal) {
    super(refusal.fault.message);
    this.words = Buffer.from(words);
    this.refusal = refusal;
  }
}

export interface Admission {
  /** The gateway has no room, or is shutting down: why. */
  readonly full: Refusal | undefined;
  /** Finds out whether the client is of this user's. */
  readonly isOwn: () => Promise<boolean>;
  /** The client has shown the token, or none is asked for. */
  readonly loggedIn: () => void;
}

class Gone extends Error {}

/**
 * Serves a client that speaks SOCKS 5 (RFC 1928): the command CONNECT, with user and password (RFC 1929) where a token is wanted,
 * the token being the password. Never rejects.
 */
export async function serveSocks(tunnelling: Tunnelling, client: Socket, admission: Admission): Promise<void> {
  const { state } = tunnelling;
  const leave = (): void => void client.destroy();
  const timer = setTimeout(leave, state.options.headTimeout);
  state.ending.addEventListener("abort", leave);
  const reader = new ByteReader(client, () => new Gone("the client has disconnected"));
  try {
    const target = await negotiate(client, reader, state.options.token, admission);
    clearTimeout(timer);
    state.ending.removeEventListener("abort", leave);
    reader.release();
    await serveTunnel(tunnelling, {
      kind: "socks5",
      client,
      early: Buffer.alloc(0),
      target,
      grant: () => void client.write(Buffer.from(replyOf(reply.granted))),
      refuse: ({ fault }) => lastWords(client, Buffer.from(replyOf(replyTo(fault)))),
    });
  } catch (error) {
    if (error instanceof Refused) {
      reader.release();
      state.refused(error.refusal.status, `SOCKS: ${error.message}`);
      lastWords(client, error.words);
    } else if (error instanceof Gone) client.destroy();
    else {
      // A defect of ours must cost this client's connection, and not everybody's.
      state.refused(500, "SOCKS: an unexpected error");
      client.destroy();
    }
  } finally {
    clearTimeout(timer);
    state.ending.removeEventListener("abort", leave);
  }
}

async function negotiate(
  client: Socket,
  reader: ByteReader,
  token: string | undefined,
  { full, isOwn, loggedIn }: Admission,
): Promise<Authority> {
  const [, count = 0] = await reader.read(2);
  const offered = await reader.read(count);
  if (full !== undefined) throw new Refused([version, method.unacceptable], full);
  // A login is taken where one is offered: to find out whose a client is takes longer.
  const [hasLogin, hasNone] = [offered.includes(method.login), offered.includes(method.none)];
  const needsNone = hasNone && (token === undefined || (!hasLogin && (await isOwn())));
  const wanted = needsNone ? method.none : method.login;
  if (!offered.includes(wanted)) throw new Refused([version, method.unacceptable], tokenRefusal(false));
  client.write(Buffer.from([version, wanted]));
  if (wanted === method.login) await checkLogin(client, reader, { token, isOwn });
  loggedIn();

  const [seen, command, , kind] = await reader.read(4);
  if (seen !== version) throw new Refused(replyOf(reply.failure), otherSocksVersion());
  if (command !== 1) throw new Refused(replyOf(reply.command), otherSocksCommand());
  const host = await readHost(reader, kind);
  const port = (await reader.read(2)).readUInt16BE(0);
  if (host === undefined || port === 0) {
    throw new Refused(replyOf(reply.hostUnreachable), noSocksTarget());
  }
  return { host, port };
}

interface LoginCheck {
  readonly token: string | undefined;
  readonly isOwn: () => Promise<boolean>;
}

/** RFC 1929: any user, and the token as the password. Java offers a login that it does not have, and sends an empty password then. */
async function checkLogin(client: Socket, reader: ByteReader, { token, isOwn }: LoginCheck): Promise<void> {
  const [seen, userLength = 0] = await reader.read(2);
  await reader.read(userLength);
  const [length = 0] = await reader.read(1);
  const password = (await reader.read(length)).toString("utf8");
  const isGood = token === undefined || isToken(password, token) || (length === 0 && (await isOwn()));
  if (seen !== 1 || !isGood) throw new Refused([1, 1], tokenRefusal(length > 0));
  client.write(Buffer.from([1, 0]));
}

async function readHost(reader: ByteReader, kind: number | undefined): Promise<string | undefined> {
  if (kind === 1) return (await reader.read(4)).join(".");
  if (kind === 4)
    return parseHost(formatIp({ family: 6, value: BigInt(`0x${(await reader.read(16)).toString("hex")}`) }), undefined);
  if (kind !== 3) throw new Refused(replyOf(reply.addressType), unknownSocksAddress());
  const [length = 0] = await reader.read(1);
  const name = (await reader.read(length)).toString("latin1");
  // Some programs send addresses as names, IPv6 with or without brackets.
  return name.includes(":") ? parseHost(bareHost(name), undefined) : parseHost(undefined, name);
}

/** The bound address means nothing to a client of CONNECT. */
const replyOf = (code: number): readonly number[] => [version, code, 0, 1, 0, 0, 0, 0, 0, 0];

function replyTo({ code, hop }: ConnectError): number {
  switch (code) {
    case "DNS_NOT_FOUND":
    case "DNS_FAILED":
      return reply.hostUnreachable;
    case "TCP_REFUSED":
      // Of the proxy it would be taken for the target's.
      return hop === "target" ? reply.refused : reply.failure;
    case "TCP_UNREACHABLE":
      return reply.networkUnreachable;
    case "TCP_TIMEOUT":
      return reply.expired;
    case "PROXY_LOOP":
    case "PROXY_FORBIDDEN":
      return reply.notAllowed;
    default:
      return reply.failure;
  }
}

/** SOCKS 4 is answered in its own manner (reply 91, rejected), so that its programs do not wait. */
export const socks4Refusal: Uint8Array = Buffer.from([0, 0x5b, 0, 0, 0, 0, 0, 0]);
