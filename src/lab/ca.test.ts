import { createPrivateKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { createServer, connect, type TLSSocket } from "node:tls";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { textOf } from "./testing/clients.js";
import { addressBytes, createAuthority, encryptKey, type Issued } from "./ca.js";

const root = await createAuthority({ name: "Test Root" });
const intermediate = await createAuthority({ name: "Test Intermediate", issuer: root });

/** A real handshake of OpenSSL with OpenSSL; resolves with the client's view of the server's certificate. */
async function handshake(
  server: Issued,
  options: { host: string; ca: string; client?: Issued; clientCa?: string },
): Promise<{ peer: X509Certificate; client: string | undefined }> {
  const requestCert = options.client !== undefined;
  const listener = createServer({
    cert: server.chain,
    key: server.key,
    requestCert,
    rejectUnauthorized: requestCert,
    ca: options.clientCa,
  });
  listener.on("secureConnection", (socket) => {
    socket.on("error", () => {});
    socket.end(socket.getPeerX509Certificate()?.subject ?? "none");
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  try {
    const socket: TLSSocket = connect({
      host: "127.0.0.1",
      port: (listener.address() as AddressInfo).port,
      servername: /^[\d.:]+$/.test(options.host) ? "" : options.host,
      ca: options.ca,
      ...(options.client === undefined ? {} : { cert: options.client.chain, key: options.client.key }),
    });
    await once(socket, "secureConnect");
    const peer = socket.getPeerX509Certificate();
    const said = await textOf(socket);
    if (peer === undefined || said === "") throw new Error("refused");
    return { peer, client: said };
  } finally {
    listener.close();
  }
}

describe("createAuthority", () => {
  it("makes a root that a TLS client accepts as the end of a chain with an intermediate", async () => {
    const leaf = await intermediate.issue({ commonName: "host.lab.test", hosts: ["host.lab.test"], usage: "server" });
    const { peer } = await handshake(leaf, { host: "host.lab.test", ca: root.cert });
    expect(peer.issuer).toBe("CN=Test Intermediate");
  });

  it("puts the intermediates, and never the root, into the chain", () => {
    expect(root.chain).toBe("");
    expect(intermediate.chain).toBe(intermediate.cert);
    const certificate = new X509Certificate(intermediate.cert);
    expect(certificate.ca).toBe(true);
    expect(certificate.checkIssued(new X509Certificate(root.cert))).toBe(true);
    expect(certificate.verify(new X509Certificate(root.cert).publicKey)).toBe(true);
  });

  it("gives every certificate a serial number of its own", async () => {
    const [one, other] = await Promise.all([
      root.issue({ commonName: "a", usage: "none" }),
      root.issue({ commonName: "a", usage: "none" }),
    ]);
    expect(new X509Certificate(one.cert).serialNumber).not.toBe(new X509Certificate(other.cert).serialNumber);
  });
});

describe("issue", () => {
  it("certifies names and addresses of both families", async () => {
    const leaf = await root.issue({
      commonName: "x",
      hosts: ["a.lab.test", "*.b.lab.test", "127.0.0.1", "::1", "2001:db8::7:8"],
      usage: "server",
    });
    const certificate = new X509Certificate(leaf.cert);
    expect(certificate.subjectAltName).toBe(
      "DNS:a.lab.test, DNS:*.b.lab.test, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, IP Address:2001:DB8:0:0:0:0:7:8",
    );
    expect(certificate.checkIP("::1")).toBe("::1");
    expect(certificate.checkHost("x.b.lab.test")).toBe("*.b.lab.test");
    expect((await handshake(leaf, { host: "127.0.0.1", ca: root.cert })).peer.fingerprint256).toBe(
      certificate.fingerprint256,
    );
  });

  it("makes RSA keys on demand", async () => {
    const leaf = await root.issue({
      commonName: "rsa",
      hosts: ["rsa.lab.test"],
      usage: "server",
      publicKeyAlgorithm: "rsa",
    });
    expect(createPrivateKey(leaf.key).asymmetricKeyType).toBe("rsa");
    const { peer } = await handshake(leaf, { host: "rsa.lab.test", ca: root.cert });
    expect(peer.publicKey.asymmetricKeyType).toBe("rsa");
  });

  it("sets the use, so that a server's certificate is refused as a client's", async () => {
    const server = await intermediate.issue({ commonName: "s", hosts: ["s.lab.test"], usage: "server" });
    const client = await intermediate.issue({ commonName: "alice", organization: "Lab", usage: "client" });
    expect(new X509Certificate(server.cert).keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
    expect(new X509Certificate(client.cert).keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
    const { client: seen } = await handshake(server, {
      host: "s.lab.test",
      ca: root.cert,
      client,
      clientCa: root.cert,
    });
    expect(seen).toBe("O=Lab\nCN=alice");
    await expect(
      handshake(server, { host: "s.lab.test", ca: root.cert, client: server, clientCa: root.cert }),
    ).rejects.toThrow("refused");
  });

  it("leaves the use open for none", async () => {
    const open = await root.issue({ commonName: "any", usage: "none" });
    expect(new X509Certificate(open.cert).keyUsage).toBeUndefined();
  });

  it("keeps the times that it is given, also those of the next half-century", async () => {
    const leaf = await root.issue({
      commonName: "t",
      usage: "none",
      notBefore: new Date("2020-02-29T12:00:00Z"),
      notAfter: new Date("2051-01-02T03:04:05Z"),
    });
    const certificate = new X509Certificate(leaf.cert);
    expect(certificate.validFrom).toBe("Feb 29 12:00:00 2020 GMT");
    expect(certificate.validTo).toBe("Jan  2 03:04:05 2051 GMT");
  });

  it("signs a self-signed leaf with the leaf's own key", async () => {
    const leaf = await intermediate.issue({
      commonName: "alone",
      hosts: ["alone.lab.test"],
      usage: "server",
      selfSigned: true,
    });
    const certificate = new X509Certificate(leaf.cert);
    expect(certificate.issuer).toBe("CN=alone");
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(leaf.chain).toBe(leaf.cert);
  });

  it("refuses what is not a host", async () => {
    await expect(root.issue({ commonName: "x", hosts: ["a b"], usage: "server" })).rejects.toThrow(
      '"a b" is neither a DNS name nor an IP address',
    );
  });

  it("has names outside ASCII in the subject", async () => {
    const leaf = await root.issue({ commonName: "Jörg", organization: "Büro", usage: "client" });
    expect(new X509Certificate(leaf.cert).toLegacyObject().subject).toMatchObject({ CN: "Jörg", O: "Büro" });
  });
});

describe("encryptKey", () => {
  it("opens with the passphrase alone", async () => {
    const { key } = await root.issue({ commonName: "k", usage: "client" });
    const encrypted = encryptKey(key, "a passphrase");
    expect(encrypted).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
    expect(
      createPrivateKey({ key: encrypted, passphrase: "a passphrase" }).export({ type: "pkcs8", format: "pem" }),
    ).toBe(key);
    expect(() => createPrivateKey({ key: encrypted, passphrase: "another" })).toThrow("bad decrypt");
  });
});

describe("addressBytes", () => {
  it.each([
    ["127.0.0.1", "7f000001"],
    ["::", "00000000000000000000000000000000"],
    ["::1", "00000000000000000000000000000001"],
    ["1::", "00010000000000000000000000000000"],
    ["2001:db8::a:b", "20010db80000000000000000000a000b"],
    ["::ffff:10.1.2.3", "00000000000000000000ffff0a010203"],
    ["1:2:3:4:5:6:7:8", "00010002000300040005000600070008"],
  ])("writes %s in network order", (address, hex) => {
    expect(addressBytes(address).toString("hex")).toBe(hex);
  });
});
