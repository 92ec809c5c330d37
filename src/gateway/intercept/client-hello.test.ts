import { once } from "node:events";
import net, { type AddressInfo } from "node:net";
import tls from "node:tls";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { ClientHelloReader, type Peeked } from "./client-hello.js";

const peekClientHello = (bytes: Buffer): Peeked => new ClientHelloReader().push(bytes);

/** What Node's own TLS client says first. */
async function helloOf(options: tls.ConnectionOptions): Promise<Buffer> {
  const server = net.createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const client = tls.connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1", ...options });
  client.on("error", () => undefined);
  const [socket] = (await once(server, "connection")) as [net.Socket];
  let bytes = Buffer.alloc(0);
  while (peekClientHello(bytes) === "incomplete")
    bytes = Buffer.concat([bytes, ((await once(socket, "data")) as [Buffer])[0]]);
  client.destroy();
  socket.destroy();
  server.close();
  return bytes;
}

/** The same message in records of other lengths. */
function inRecords(hello: Buffer, length: number): Buffer {
  const message = hello.subarray(5);
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += length) {
    const part = message.subarray(at, at + length);
    records.push(Buffer.of(22, 3, 1, part.length >> 8, part.length & 255), part);
  }
  return Buffer.concat(records);
}

const vector = (octets: 1 | 2, ...parts: readonly Uint8Array[]): Buffer => {
  const contents = Buffer.concat(parts);
  const length = Buffer.alloc(octets);
  length.writeUIntBE(contents.length, 0, octets);
  return Buffer.concat([length, contents]);
};

/** A ClientHello with these extensions, octet by octet. */
function handmade(...extensions: readonly (readonly [number: number, contents: Buffer])[]): Buffer {
  const list = extensions.flatMap(([number, contents]) => [Buffer.of(number >> 8, number & 255), vector(2, contents)]);
  return helloWith(vector(2, ...list));
}

/** A ClientHello that ends in these octets, where its extensions should be. */
function helloWith(end: Buffer): Buffer {
  const body = Buffer.concat([
    Buffer.alloc(34, 3),
    vector(1),
    vector(2, Buffer.of(0x13, 0x01)),
    vector(1, Buffer.of(0)),
    end,
  ]);
  const message = Buffer.concat([Buffer.of(1, 0, body.length >> 8, body.length & 255), body]);
  return Buffer.concat([Buffer.of(22, 3, 1), vector(2, message)]);
}

const nameList = (...names: readonly string[]): Buffer =>
  vector(2, ...names.flatMap((name) => [Buffer.of(0), vector(2, Buffer.from(name, "latin1"))]));
const protocolList = (...names: readonly (string | Buffer)[]): Buffer =>
  vector(2, ...names.map((name) => vector(1, Buffer.from(name as string, "latin1"))));

let usual: Buffer;
beforeAll(async () => {
  usual = await helloOf({ servername: "api.example.com", ALPNProtocols: ["h2", "http/1.1"] });
});
const read = { servername: "api.example.com", alpn: ["h2", "http/1.1"] };

test("a real client's name and protocols are read", async () => {
  expect(peekClientHello(usual)).toEqual(read);
  expect(peekClientHello(await helloOf({ servername: "" }))).toEqual({ servername: undefined, alpn: undefined });
  expect(peekClientHello(await helloOf({ servername: "old.test", maxVersion: "TLSv1.2" }))).toEqual({
    servername: "old.test",
    alpn: undefined,
  });
});

test("a hello without any extension is one", () => {
  const body = Buffer.concat([Buffer.alloc(34), vector(1), vector(2, Buffer.of(0, 1)), vector(1, Buffer.of(0))]);
  const bytes = Buffer.concat([Buffer.of(22, 3, 0), vector(2, Buffer.of(1, 0, 0, body.length), body)]);
  expect(peekClientHello(bytes)).toEqual({ servername: undefined, alpn: undefined });
});

describe("however it is cut into pieces, the answer is the same, and not one byte too early", () => {
  test("pieces", () => {
    for (const size of [1, 2, 3, 5, 7, 64, 300])
      for (const bytes of [usual, inRecords(usual, 3)]) {
        const reader = new ClientHelloReader();
        for (let at = 0; at + size < bytes.length; at += size)
          expect(reader.push(bytes.subarray(at, at + size))).toBe("incomplete");
        const rest = bytes.length % size || size;
        expect(reader.push(bytes.subarray(bytes.length - rest))).toEqual(read);
        expect(reader.push(Buffer.from("early data"))).toEqual(read);
      }
  });

  test("reads", () => {
    for (let length = 1; length < usual.length; length++)
      expect(peekClientHello(usual.subarray(0, length))).toBe("incomplete");
    expect(peekClientHello(Buffer.alloc(0))).toBe("incomplete");
  });

  test("records", () => {
    for (const length of [1, 2, 3, 4, 5, 7, 64, 300]) {
      const cut = inRecords(usual, length);
      expect(peekClientHello(cut)).toEqual(read);
      for (let end = 1; end < cut.length; end++) expect(peekClientHello(cut.subarray(0, end))).toBe("incomplete");
    }
  });
});

test.each([
  ["an HTTP request", "GET / HTTP/1.1\r\n\r\n"],
  ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["one letter", "G"],
  ["an SSH client", "SSH-2.0-OpenSSH_9.9\r\n"],
  ["a hello of SSL 2", "\x80\x2e\x01\x03\x01"],
  ["a record's type and no version of TLS", "\x16\x02"],
])("%s is something else, and passes untouched", (_name, text) => {
  expect(peekClientHello(Buffer.from(text, "latin1"))).toBe("other");
});

describe("nothing is guessed of", () => {
  const wrong: readonly (readonly [string, Buffer])[] = [
    ["an empty record", Buffer.of(22, 3, 1, 0, 0)],
    ["a record longer than there are", Buffer.of(22, 3, 1, 0x40, 1)],
    ["another message of a handshake", Buffer.of(22, 3, 1, 0, 4, 2, 0, 0, 0)],
    ["a hello of 16 MB", Buffer.of(22, 3, 1, 0, 4, 1, 0xff, 0xff, 0xff)],
    [
      "a hello that goes on after its extensions",
      helloWith(Buffer.concat([vector(2, Buffer.of(0, 9), vector(2)), Buffer.of(0)])),
    ],
    ["two server names", handmade([0, nameList("a.test", "b.test")])],
    ["the server name twice", handmade([0, nameList("a.test")], [0, nameList("b.test")])],
    ["an empty server name", handmade([0, nameList("")])],
    ["a server name with a zero octet", handmade([0, nameList("a.test\0.b.test")])],
    ["a server name in UTF-8", handmade([0, nameList("b\u00fccher.test")])],
    ["a server name of another type", handmade([0, vector(2, Buffer.of(1), vector(2, Buffer.from("a")))])],
    ["an empty list of server names", handmade([0, vector(2)])],
    ["an empty list of protocols", handmade([16, vector(2)])],
    ["an empty protocol", handmade([16, protocolList("h2", "")])],
    ["an extension that ends early", handmade([16, Buffer.of(0, 9, 2, 1)])],
    [
      "a record that is longer than the hello, before it is all there",
      handmade([0, nameList("a.test")]).fill(0x10, 3, 4),
    ],
    ["something after the hello, in its record", handmade([0, nameList("a.test")]).fill(1, 8, 9)],
  ];
  test.each(wrong)("%s", (_name, bytes) => {
    expect(peekClientHello(bytes)).toBe("malformed");
  });

  test("a hello whose second record is of another kind", () => {
    const cut = Buffer.from(inRecords(usual, 100));
    cut[105] = 23;
    expect(peekClientHello(cut)).toBe("malformed");
  });
});

test("values that only keep servers tolerant (GREASE) are left out of the protocols", () => {
  expect(peekClientHello(handmade([16, protocolList("\x0a\x0a", "h2", "\x8a\x8a")]))).toMatchObject({ alpn: ["h2"] });
});

test("any bytes at all get an answer, and none that is not in them", () => {
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes)),
    fc
      .array(fc.tuple(fc.nat({ max: 5000 }), fc.nat({ max: 255 })), { maxLength: 6 })
      .map((changes) =>
        changes.reduce(
          (bytes, [at, value]) => bytes.fill(value, at % bytes.length, (at % bytes.length) + 1),
          Buffer.from(usual),
        ),
      ),
    fc.nat({ max: 5000 }).map((at) => usual.subarray(at % usual.length)),
  );
  fc.assert(
    fc.property(hostile, (bytes) => {
      const peeked = peekClientHello(bytes);
      if (typeof peeked === "string") return;
      const text = bytes.toString("latin1");
      for (const name of [peeked.servername ?? "", ...(peeked.alpn ?? [])]) expect(text).toContain(name);
    }),
    { numRuns: 20_000 },
  );
});
