/** RFC 1035 section 4: as much of DNS as a resolver needs that knows addresses of names and names of addresses. */

/** Numbers of the registry: RFC 1035, and AAAA (RFC 3596). */
export const recordTypes = { A: 1, PTR: 12, AAAA: 28, ANY: 255 } as const;
export const responseCodes = { noError: 0, formatError: 1, nameError: 3, notImplemented: 4 } as const;

const headerLength = 12;
const longestLabel = 63;
const longestName = 255;
const classInternet = 1;
const flags = { response: 0x8000, opcode: 0x7800, recursionDesired: 0x0100, recursionAvailable: 0x0080 } as const;

export interface Question {
  readonly id: number;
  /** In lower case, labels joined by dots, without a dot at the end; empty for the root. */
  readonly name: string;
  readonly type: number;
  /** The question as it came: its letters' cases are sent back as they were. */
  readonly bytes: Buffer;
  readonly recursionDesired: boolean;
}

export type ReadQuestion =
  | { readonly kind: "question"; readonly question: Question }
  /** An answer to it, where one is due. */
  | { readonly kind: "unusable"; readonly answer: Buffer | undefined };

/** Reads a query for one name of the Internet's class; what stands behind the question (EDNS) is of no matter. */
export function readQuestion(message: Buffer): ReadQuestion {
  // An answer is never answered: two resolvers would go on for ever.
  if (message.length < headerLength || (message.readUInt16BE(2) & flags.response) !== 0)
    return { kind: "unusable", answer: undefined };
  const [id, word] = [message.readUInt16BE(0), message.readUInt16BE(2)];
  const refuse = (code: number): ReadQuestion => ({ kind: "unusable", answer: header(id, word, code, 0, 0) });
  if ((word & flags.opcode) !== 0) return refuse(responseCodes.notImplemented);
  if (message.readUInt16BE(4) !== 1) return refuse(responseCodes.formatError);
  const read = readName(message, headerLength);
  if (read === undefined || read.end + 4 > message.length) return refuse(responseCodes.formatError);
  if (message.readUInt16BE(read.end + 2) !== classInternet) return refuse(responseCodes.notImplemented);
  const question: Question = {
    id,
    name: read.name,
    type: message.readUInt16BE(read.end),
    bytes: Buffer.from(message.subarray(headerLength, read.end + 4)),
    recursionDesired: (word & flags.recursionDesired) !== 0,
  };
  return { kind: "question", question };
}

/** A question has nothing before it that its name could point to: a pointer there is malformed. */
function readName(message: Buffer, start: number): { readonly name: string; readonly end: number } | undefined {
  const labels: string[] = [];
  let at = start;
  for (;;) {
    const length = message[at];
    if (length === undefined || length > longestLabel || at - start > longestName) return undefined;
    at += 1;
    if (length === 0) return { name: labels.join(".").toLowerCase(), end: at };
    if (at + length > message.length) return undefined;
    labels.push(message.toString("latin1", at, at + length));
    at += length;
  }
}

export interface Answer {
  readonly code: number;
  /** The data of the one record of the question's own type, or of `type`. */
  readonly data?: Buffer;
  readonly type?: number;
}

/** Seconds for which an answer may be kept. */
const timeToLive = 60;

export function writeAnswer(question: Question, { code, data, type = question.type }: Answer): Buffer {
  const word = question.recursionDesired ? flags.recursionDesired : 0;
  const head = header(question.id, word, code, 1, data === undefined ? 0 : 1);
  if (data === undefined) return Buffer.concat([head, question.bytes]);
  const record = Buffer.alloc(12);
  // Its name is the question's, which begins behind the header.
  record.writeUInt16BE(0xc000 | headerLength, 0);
  record.writeUInt16BE(type, 2);
  record.writeUInt16BE(classInternet, 4);
  record.writeUInt32BE(timeToLive, 6);
  record.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, question.bytes, record, data]);
}

export function encodeName(name: string): Buffer {
  const labels = name.split(".").map((label) => Buffer.from(label, "latin1"));
  return Buffer.concat([...labels.flatMap((label) => [Buffer.from([label.length]), label]), Buffer.from([0])]);
}

function header(id: number, word: number, code: number, questions: number, answers: number): Buffer {
  const head = Buffer.alloc(headerLength);
  head.writeUInt16BE(id, 0);
  const kept = word & (flags.opcode | flags.recursionDesired);
  head.writeUInt16BE(flags.response | flags.recursionAvailable | kept | code, 2);
  head.writeUInt16BE(questions, 4);
  head.writeUInt16BE(answers, 6);
  return head;
}
