import { parseHostname } from "../../base/hostname.js";
import { parseIp, formatIp } from "../../base/ip.js";
import { encodeName, readQuestion, recordTypes, responseCodes, writeAnswer, type Answer } from "./dns-message.js";
import type { Names } from "./names.js";

/** RFC 6761 and 7686 say of these that they exist nowhere; by the last one browsers learn that they shall not ask another resolver. */
const nowhere = /(?:^|\.)(?:invalid|onion|use-application-dns\.net)$/;
const reverse = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa$/;

export interface Resolving {
  readonly names: Names;
  /** This machine's, in lower case. */
  readonly hostname: string;
}

/**
 * The answer to a query; undefined for what deserves none. Each name that can be one has an address of {@link Names}, since whether it exists is for
 * whoever dials it to find out. There are no addresses of IPv6, and no other records, those for HTTPS among them.
 */
export function answerQuery(message: Buffer, resolving: Resolving): Buffer | undefined {
  const read = readQuestion(message);
  if (read.kind === "unusable") return read.answer;
  return writeAnswer(read.question, answerTo(read.question, resolving));
}

function answerTo({ name, type }: { readonly name: string; readonly type: number }, resolving: Resolving): Answer {
  const address = reverse.exec(name)?.slice(1).toReversed().join(".");
  if (address !== undefined) return answerReverse(address, type, resolving);
  if (nowhere.test(name) || name.endsWith(".arpa")) return { code: responseCodes.nameError };
  const isAddress = type === recordTypes.A || type === recordTypes.ANY;
  if (parseIp(name) === undefined && parseHostname(name) !== name) {
    // The labels of services (_ldap._tcp) are no host's: that there are none is said of them as of a host's other records.
    return { code: isAddress ? responseCodes.nameError : responseCodes.noError };
  }
  if (!isAddress) return { code: responseCodes.noError };
  const found = addressOf(name, resolving);
  if (found === undefined) return { code: responseCodes.noError };
  return { code: responseCodes.noError, type: recordTypes.A, data: Buffer.from(found.split(".").map(Number)) };
}

function answerReverse(address: string, type: number, { names }: Resolving): Answer {
  const name = names.nameOf(address);
  if (name === undefined) return { code: responseCodes.nameError };
  if (type !== recordTypes.PTR && type !== recordTypes.ANY) return { code: responseCodes.noError };
  return { code: responseCodes.noError, type: recordTypes.PTR, data: encodeName(name) };
}

/** An address, written as a name, is itself; what is this machine stays within. */
function addressOf(name: string, { names, hostname }: Resolving): string | undefined {
  const ip = parseIp(name);
  if (ip !== undefined) return ip.family === 4 ? formatIp(ip) : undefined;
  if (name === "localhost" || name.endsWith(".localhost") || name === hostname) return "127.0.0.1";
  return names.addressFor(name);
}
