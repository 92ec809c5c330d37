import { describe, expect, it } from "vitest";
import { answerQuery } from "./answer.js";
import { encodeName } from "./dns-message.js";
import { Names } from "./names.js";

const types = { A: 1, MX: 15, PTR: 12, AAAA: 28, SRV: 33, SVCB: 64, HTTPS: 65 } as const;

function query(name: string, type: keyof typeof types = "A"): Buffer {
  const tail = Buffer.alloc(4);
  tail.writeUInt16BE(types[type], 0);
  tail.writeUInt16BE(1, 2);
  return Buffer.concat([
    Buffer.from([0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
    name === "" ? Buffer.from([0]) : encodeName(name),
    tail,
  ]);
}

/** `code` and the data of the one record. */
function ask(name: string, type?: keyof typeof types, names = new Names()): string {
  const message = query(name, type);
  const answer = answerQuery(message, { names, hostname: "laptop" });
  if (answer === undefined) return "nothing";
  expect(answer.readUInt16BE(0)).toBe(0xabcd);
  expect(answer.subarray(12, message.length)).toEqual(message.subarray(12));
  const data = answer.readUInt16BE(6) === 1 ? ` ${answer.subarray(message.length + 12).toString("hex")}` : "";
  return `${answer.readUInt16BE(2).toString(16)}${data}`;
}

describe("the resolver of a captured command", () => {
  it.each([
    ["a name, whether it exists or not", "api.example.com", "A", "8180 c6120100"],
    ["a name without a dot: the far side knows which it is", "intranet", "A", "8180 c6120100"],
    ["a name of the local network's", "printer.local", "A", "8180 c6120100"],
    ["a name with an underscore", "my_host.example", "A", "8180 c6120100"],
    ["letters of any case", "API.Example.COM", "A", "8180 c6120100"],
    ["localhost", "localhost", "A", "8180 7f000001"],
    ["a name below localhost", "app.localhost", "A", "8180 7f000001"],
    ["this machine's own name", "laptop", "A", "8180 7f000001"],
    ["an address", "192.0.2.7", "A", "8180 c0000207"],
    ["IPv6: there is none", "api.example.com", "AAAA", "8180"],
    ["HTTPS: there is none, so that no other address comes in", "api.example.com", "HTTPS", "8180"],
    ["SVCB", "api.example.com", "SVCB", "8180"],
    ["mail", "example.com", "MX", "8180"],
    ["a service", "_ldap._tcp.example.com", "SRV", "8180"],
    ["what is no name", "a b", "A", "8183"],
    ["what exists nowhere", "x.invalid", "A", "8183"],
    ["an onion service", "x.onion", "A", "8183"],
    ["the name by which browsers give up their own resolvers", "use-application-dns.net", "A", "8183"],
    ["an address of nobody's, backwards", "7.2.0.192.in-addr.arpa", "PTR", "8183"],
    ["the root", "", "A", "8183"],
  ] as const)("answers for %s", (_what, name, type, answer) => {
    expect(ask(name, type)).toBe(answer);
  });

  it("says which name an address stands for", () => {
    const names = new Names();
    names.addressFor("api.example.com");
    expect(ask("0.1.18.198.in-addr.arpa", "PTR", names)).toBe(`8180 ${encodeName("api.example.com").toString("hex")}`);
  });

  it.each([
    ["an answer", (message: Buffer) => message.writeUInt8(0x81, 2), "nothing"],
    ["no whole header", (message: Buffer) => message.subarray(0, 11), "nothing"],
    ["another kind of query", (message: Buffer) => message.writeUInt8(0x29, 2), "a984"],
    ["two questions", (message: Buffer) => message.writeUInt16BE(2, 4), "8181"],
    ["a name that is cut off", (message: Buffer) => message.subarray(0, 15), "8181"],
    ["a name that points elsewhere", (message: Buffer) => message.writeUInt16BE(0xc00c, 12), "8181"],
    ["another class", (message: Buffer) => message.writeUInt16BE(3, message.length - 2), "8184"],
  ])("is not misled by %s", (_what, change, answer) => {
    const message = query("api.example.com");
    const changed = change(message);
    const found = answerQuery(Buffer.isBuffer(changed) ? changed : message, { names: new Names(), hostname: "laptop" });
    expect(found?.readUInt16BE(2).toString(16) ?? "nothing").toBe(answer);
  });

  it("takes any bytes at all", () => {
    const resolving = { names: new Names(), hostname: "laptop" };
    const all = (): void => {
      for (let length = 0; length < 300; length++) {
        answerQuery(
          Buffer.from(Array.from({ length }, (_, index) => (index * 7919 + length * 104_729) & 0xff)),
          resolving,
        );
      }
    };
    expect(all).not.toThrow();
  });
});
