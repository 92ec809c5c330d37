import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import { oneLineName } from "../base/certificate.js";
import { formatPem } from "../base/pem.js";
import type { IdentitySpec } from "../policy/types.js";
import type { Chain } from "./chain.js";
import type { Identity, IdentityMaterial } from "./types.js";

/** The material is private: neither JSON nor `util.inspect` shows it. */
export class LoadedIdentity implements Identity {
  readonly name: string;
  readonly id: string;
  readonly hosts: Identity["hosts"];
  readonly subject: string;
  readonly issuer: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly files: readonly string[];
  readonly maxTlsVersion?: "1.2";
  readonly #material: IdentityMaterial;

  constructor(spec: IdentitySpec, { leaf, issuers, strangers }: Chain, key: KeyObject, files: readonly string[]) {
    // Strangers go last: a link that we did not see may be one to the server.
    const sent = [leaf, ...issuers, ...strangers];
    this.name = spec.name;
    this.id = fingerprint(
      sent.map(({ raw }) => raw),
      key,
    );
    this.hosts = spec.hosts;
    this.subject = oneLineName(leaf.subject);
    this.issuer = oneLineName(leaf.issuer);
    this.notBefore = new Date(leaf.validFrom).toISOString();
    this.notAfter = new Date(leaf.validTo).toISOString();
    this.files = files;
    if (spec.maxTlsVersion !== undefined) this.maxTlsVersion = spec.maxTlsVersion;
    this.#material = {
      cert: sent.map(({ raw }) => formatPem("CERTIFICATE", raw.toString("base64"))).join(""),
      // Decrypted once: deriving a key from the passphrase is slow by design, and each secure context would do it again.
      key: key.export({ type: "pkcs8", format: "pem" }).toString(),
    };
  }

  material(): IdentityMaterial {
    return this.#material;
  }
}

/** Over all that is sent: with another intermediate it is another identity to a server. */
function fingerprint(certificates: readonly Buffer[], key: KeyObject): string {
  const hash = createHash("sha256");
  for (const der of certificates) hash.update(der);
  return hash.update(createPublicKey(key).export({ type: "spki", format: "der" })).digest("hex");
}
