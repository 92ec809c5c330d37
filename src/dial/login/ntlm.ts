import { createHash, createHmac, randomBytes } from "node:crypto";
import type { Credentials } from "../login-verdict.js";

/** Hashes for NTLM, of which OpenSSL no longer has this one. */
export type Md4 = (bytes: Buffer) => Promise<Buffer>;

/** [MS-NLMP] section 2.2.2.5. Version 1 of the responses, LM, signing and sealing are not asked for. */
const flags = {
  unicode: 0x00000001,
  requestTarget: 0x00000004,
  ntlm: 0x00000200,
  alwaysSign: 0x00008000,
  extendedSessionSecurity: 0x00080000,
  targetInfo: 0x00800000,
  strong: 0x20000000,
} as const;

/** [MS-NLMP] section 2.2.2.1. */
const pair = { end: 0, flags: 6, timestamp: 7, targetName: 9, channelBindings: 10 } as const;

const signature = Buffer.from("NTLMSSP\0", "latin1");
const wanted =
  flags.unicode |
  flags.requestTarget |
  flags.ntlm |
  flags.alwaysSign |
  flags.extendedSessionSecurity |
  flags.targetInfo |
  flags.strong;

/** NEGOTIATE_MESSAGE ([MS-NLMP] section 2.2.1.1), without a domain or a workstation: they would tell more than is needed. */
export function negotiateMessage(): Buffer {
  const message = Buffer.alloc(32);
  signature.copy(message);
  message.writeUInt32LE(1, 8);
  message.writeUInt32LE(wanted >>> 0, 12);
  return message;
}

/** What the proxy answers to it. */
export interface NtlmChallenge {
  readonly message: Buffer;
  readonly flags: number;
  readonly nonce: Buffer;
  readonly targetInfo: ReadonlyMap<number, Buffer>;
}

/** CHALLENGE_MESSAGE ([MS-NLMP] section 2.2.1.2); undefined where it is none, or one that only older versions could answer. */
export function readChallenge(token: string): NtlmChallenge | undefined {
  const message = Buffer.from(token, "base64");
  if (message.length < 48 || !message.subarray(0, 8).equals(signature) || message.readUInt32LE(8) !== 2)
    return undefined;
  const info = field(message, 40);
  const targetInfo = info && readPairs(info);
  const set = message.readUInt32LE(20);
  if (targetInfo === undefined || (set & flags.unicode) === 0) return undefined;
  return { message, flags: set, nonce: message.subarray(24, 32), targetInfo };
}

function field(message: Buffer, at: number): Buffer | undefined {
  const length = message.readUInt16LE(at);
  const offset = message.readUInt32LE(at + 4);
  return offset + length > message.length ? undefined : message.subarray(offset, offset + length);
}

function readPairs(info: Buffer): ReadonlyMap<number, Buffer> | undefined {
  const pairs = new Map<number, Buffer>();
  for (let at = 0; at + 4 <= info.length;) {
    const id = info.readUInt16LE(at);
    const end = at + 4 + info.readUInt16LE(at + 2);
    if (id === pair.end) return pairs;
    if (end > info.length) return undefined;
    // The one value that is read as a number here.
    if (id === pair.flags && end !== at + 8) return undefined;
    pairs.set(id, info.subarray(at + 4, end));
    at = end;
  }
  return info.length === 0 ? pairs : undefined;
}

function writePairs(pairs: ReadonlyMap<number, Buffer>): Buffer {
  const parts = [...pairs].map(([id, value]) => {
    const head = Buffer.alloc(4);
    head.writeUInt16LE(id, 0);
    head.writeUInt16LE(value.length, 2);
    return Buffer.concat([head, value]);
  });
  return Buffer.concat([...parts, Buffer.alloc(4)]);
}

/** What an answer is computed from, beside the challenge. */
export interface NtlmPlace {
  /** The message that began this, for the integrity code. */
  readonly negotiate: Buffer;
  /** `HTTP/host` of the proxy: a server of that name alone can use the answer. */
  readonly service: string;
  /** The end point's binding (RFC 5929 section 4), where the proxy is spoken to by TLS: see channelBinding. */
  readonly binding: Buffer | undefined;
  readonly md4: Md4;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Eight bytes. Default: random ones. */
  readonly clientNonce?: Buffer;
}

/**
 * AUTHENTICATE_MESSAGE ([MS-NLMP] sections 2.2.1.3 and 3.1.5.1.2) with the response of NTLM version 2 and no LM response.
 */
export async function authenticateMessage(
  challenge: NtlmChallenge,
  credentials: Credentials,
  place: NtlmPlace,
): Promise<Buffer> {
  const { user, domain } = splitName(credentials.username);
  const key = await responseKey(credentials.password, user, domain, place.md4);
  const info = new Map(challenge.targetInfo);
  // Where the server has given its time the answer carries an integrity code over all three messages (section 3.1.5.1.2).
  const hasCode = info.has(pair.timestamp);
  if (hasCode) info.set(pair.flags, uint32((info.get(pair.flags)?.readUInt32LE(0) ?? 0) | 2));
  info.set(pair.channelBindings, place.binding ?? Buffer.alloc(16));
  info.set(pair.targetName, utf16(place.service));
  const time = challenge.targetInfo.get(pair.timestamp) ?? fileTime(place.now);
  const response = ntlmV2Response(key, challenge.nonce, place.clientNonce ?? randomBytes(8), time, writePairs(info));
  const set = (challenge.flags & wanted) >>> 0;
  const message = writeAuthenticate({ domain, user, response, flags: set });
  if (hasCode) {
    const session = hmac(key, response.subarray(0, 16));
    const whole = Buffer.concat([place.negotiate, challenge.message, message]);
    hmac(session, whole).copy(message, codeAt);
  }
  return message;
}

/** NTProofStr and temp ([MS-NLMP] section 3.3.2). */
export function ntlmV2Response(
  key: Buffer,
  serverNonce: Buffer,
  clientNonce: Buffer,
  time: Buffer,
  targetInfo: Buffer,
): Buffer {
  const temp = Buffer.concat([
    Buffer.from([1, 1, 0, 0, 0, 0, 0, 0]),
    time,
    clientNonce,
    Buffer.alloc(4),
    targetInfo,
    Buffer.alloc(4),
  ]);
  return Buffer.concat([hmac(key, Buffer.concat([serverNonce, temp])), temp]);
}

/** NTOWFv2 ([MS-NLMP] section 3.3.2). */
export async function responseKey(password: string, user: string, domain: string, md4: Md4): Promise<Buffer> {
  return hmac(await md4(utf16(password)), utf16(user.toUpperCase() + domain));
}

/** `domain\user`, `domain/user`, or `user@domain`, where the whole is the user's and the domain stays empty, as Windows has it. */
export function splitName(username: string): { readonly user: string; readonly domain: string } {
  const at = username.search(/[\\/]/);
  return at === -1 ? { user: username, domain: "" } : { domain: username.slice(0, at), user: username.slice(at + 1) };
}

/**
 * MD5 of the structure that binds a login to one TLS connection: RFC 5929 section 4.1 (`tls-server-end-point`), in the form of RFC 4121
 * section 4.1.1.2 with empty addresses. `certificate` is the proxy's, as DER.
 * @param digest the hash of the certificate's own signature, SHA-256 in place of MD5 and SHA-1
 */
export function channelBinding(certificate: Buffer, digest: string): Buffer {
  const data = Buffer.concat([
    Buffer.from("tls-server-end-point:", "latin1"),
    createHash(digest).update(certificate).digest(),
  ]);
  return createHash("md5")
    .update(Buffer.concat([Buffer.alloc(16), uint32(data.length), data]))
    .digest();
}

const headLength = 88;
const codeAt = 72;

interface Answer {
  readonly domain: string;
  readonly user: string;
  readonly response: Buffer;
  readonly flags: number;
}

function writeAuthenticate({ domain, user, response, flags: set }: Answer): Buffer {
  const head = Buffer.alloc(headLength);
  signature.copy(head);
  head.writeUInt32LE(3, 8);
  // LM response, NT response, domain, user, workstation, session key. The LM response is all zeros (section 3.1.5.1.2).
  const fields = [Buffer.alloc(24), response, utf16(domain), utf16(user), Buffer.alloc(0), Buffer.alloc(0)];
  let offset = headLength;
  for (const [index, value] of fields.entries()) {
    const at = 12 + 8 * index;
    head.writeUInt16LE(value.length, at);
    head.writeUInt16LE(value.length, at + 2);
    head.writeUInt32LE(offset, at + 4);
    offset += value.length;
  }
  head.writeUInt32LE(set, 60);
  return Buffer.concat([head, ...fields]);
}

const hmac = (key: Buffer, bytes: Buffer): Buffer => createHmac("md5", key).update(bytes).digest();

const utf16 = (text: string): Buffer => Buffer.from(text, "utf16le");

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

/** Tenths of a microsecond since 1601. */
function fileTime(now: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE((BigInt(Math.trunc(now)) + 11_644_473_600_000n) * 10_000n);
  return bytes;
}
