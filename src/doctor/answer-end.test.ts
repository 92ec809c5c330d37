import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Fault } from "../base/errors.js";
import { certify, party, pkcs8, selfSigned } from "../base/testing/certificates.js";
import { diagnose } from "./diagnose.js";
import { answering } from "./testing/answering.js";
import { open } from "./testing/open.js";
import { standardLab } from "../../test/support/standard-lab.js";

const lab = await standardLab();
const trusting = { NODE_EXTRA_CA_CERTS: lab.files.bundle };

/** What the doctor says of a server that answers with these octets, and then ends the connection. */
async function saidOf(octets: string, over: "tls" | "plain" = "tls"): Promise<Fault | undefined> {
  await using server = await answering(over === "tls" ? { issuer: lab.authorities.intermediate } : {});
  server.answer = ({ socket }) => void socket?.end(octets);
  const scheme = over === "tls" ? "https" : "http";
  const { faults } = await diagnose(await open(lab, trusting), [`${scheme}://localhost:${server.port}/`]);
  return faults[0];
}

/** The same of a port that does `work` with each connection. */
async function saidOfPort(work: (socket: Socket) => void, scheme: string): Promise<Fault | undefined> {
  const server = createServer((socket) => work(socket.on("error", () => undefined)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    return (await diagnose(await open(lab, trusting), [`${scheme}://localhost:${port}/way?token=1`])).faults[0];
  } finally {
    server.close();
  }
}

const head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";

describe("the end of an answer", () => {
  it("is a fault where the body is cut short, by its length or by its chunks", async () => {
    const short = await saidOf(`${head}Content-Length: 100\r\n\r\nhello`);
    expect(short).toMatchObject({ code: "HTTP_CLOSED", stage: "http", hop: "target" });
    expect(short?.message).toMatch(/closed the connection in the middle of its answer \(200\): 5 of 100 octets came/);
    const chunked = await saidOf(`${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`);
    expect(chunked?.code).toBe("HTTP_CLOSED");
    expect(chunked?.message).toMatch(/5 octets came, and no end of them/);
  });

  it("is none where the body is whole, has no length, or goes on for ever", async () => {
    expect(await saidOf(`${head}Content-Length: 5\r\n\r\nhello`)).toBeUndefined();
    expect(await saidOf(`${head}\r\nhello`)).toBeUndefined();
    expect(await saidOf(`${head}Content-Length: 9000000\r\n\r\n${"x".repeat(300_000)}`)).toBeUndefined();
  });

  it("does not stand before what the status says", async () => {
    const fault = await saidOf("HTTP/1.1 503 Busy\r\nContent-Length: 100\r\n\r\nhello");
    expect(fault?.code).toBe("HTTP_STATUS");
  });

  it("is not reached where the head is too large", async () => {
    const fault = await saidOf(`${head}Set-Cookie: ${"x".repeat(20_000)}\r\n\r\n`);
    expect(fault).toMatchObject({ code: "HTTP_INVALID", hop: "target" });
    expect(fault?.message).toMatch(/larger than 16 KiB/);
    expect(fault?.remedy).toContain("--max-http-header-size");
  });
});

describe("an http:// URL of a port that speaks TLS", () => {
  const alert = Buffer.from([0x15, 3, 1, 0, 2, 2, 70]);
  const cases: readonly (readonly [string, () => Promise<Fault | undefined>])[] = [
    [
      "answers with a TLS alert",
      () => saidOfPort((socket) => void socket.once("data", () => socket.end(alert)), "http"),
    ],
    [
      "answers with nginx's page",
      () => saidOf("HTTP/1.1 400 Bad Request\r\n\r\nThe plain HTTP request was sent to HTTPS port", "plain"),
    ],
    [
      "answers with Go's sentence",
      () => saidOf("HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n", "plain"),
    ],
  ];
  for (const [what, said] of cases) {
    it(`${what}: https:// is said`, async () => {
      const fault = await said();
      expect(fault).toMatchObject({ code: "HTTP_INVALID", hop: "target" });
      expect(fault?.message).toMatch(/speaks TLS, and the URL says http:/);
      expect(fault?.remedy).toMatch(/^write https:\/\/localhost:\d+\/(way)?$/);
    });
  }

  it("hangs up: it is asked what it speaks, and its certificate does not matter", async () => {
    await using server = await answering({ issuer: lab.authorities.inspector });
    const { faults } = await diagnose(await open(lab, {}), [`http://localhost:${server.port}/`]);
    expect(faults[0]?.remedy).toBe(`write https://localhost:${server.port}/`);
  });

  it("is not meant where a plain server hangs up", async () => {
    const fault = await saidOfPort((socket) => void socket.once("data", () => socket.end()), "http");
    expect(fault?.code).toBe("HTTP_CLOSED");
  });
});

it("a server that does not know the name is told as that, and no firewall is suspected", async () => {
  const unknown = Buffer.from([0x15, 3, 3, 0, 2, 2, 112]);
  const fault = await saidOfPort((socket) => void socket.once("data", () => socket.end(unknown)), "https");
  expect(fault).toMatchObject({ code: "TLS_NAME_MISMATCH", stage: "tls", hop: "target" });
  expect(fault?.message).toMatch(/does not know the name localhost/);
  expect(fault?.remedy).not.toMatch(/firewall/);
});

it("a clock that differs from the server's by more than five minutes is a warning, and a cache's date is none", async () => {
  await using server = await answering({ issuer: lab.authorities.intermediate });
  const at = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toUTCString();
  const told = async (headers: Record<string, string>) => {
    server.answer = (response) => void response.writeHead(200, headers).end();
    const report = await diagnose(await open(lab, trusting), [`https://localhost:${server.port}/`]);
    expect(report.ok).toBe(true);
    return report.warnings.map(({ code, message }) => `${code} ${message}`);
  };
  expect(await told({ date: at(180) })).toEqual([
    expect.stringMatching(/^CLOCK_SKEW .*clock is 3 hours behind that of/),
  ]);
  expect(await told({ date: at(-20) })).toEqual([expect.stringMatching(/20 minutes ahead of/)]);
  expect(await told({ date: at(-20), age: "1200" })).toEqual([]);
  expect(await told({ date: at(-2) })).toEqual([]);
  expect(await told({ date: "yesterday" })).toEqual([]);
});

it("a server's key that this Node takes and others refuse is a warning", async () => {
  const server = party("localhost");
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const root = party("Old Inspector CA");
  const cert = certify({ subject: { ...server, key: privateKey }, issuer: root, host: "localhost" });
  const file = join(lab.directory, "old-inspector.pem");
  await writeFile(file, selfSigned(root));
  const tls = { cert, key: pkcs8({ ...server, key: privateKey }), minVersion: "TLSv1.2" } as const;
  // Later ones refuse to serve it.
  if (Number(process.versions.openssl.split(".")[1]) >= 5) return;
  await using old = await answering({ issuer: lab.authorities.intermediate, tls });
  const report = await diagnose(await open(lab, { NODE_EXTRA_CA_CERTS: file }), [`https://localhost:${old.port}/`]);
  expect(report).toMatchObject({ ok: true, warnings: [{ code: "TLS_WEAK", stage: "tls", hop: "target" }] });
  expect(report.warnings[0]?.message).toContain('issued by "Old Inspector CA", has 1024 bits');
});
