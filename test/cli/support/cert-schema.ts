import { z, type ZodType } from "zod";

const certificate = {
  subject: z.string().describe("CN=api.example.com, O=Example"),
  issuer: z.string(),
  name: z.string().describe("What people call it."),
  serial: z.string().describe("Hexadecimal."),
  names: z.array(z.string()).describe("Subject alternative names."),
  isAuthority: z.boolean(),
  isSelfSigned: z.boolean(),
  usages: z.array(z.string()).describe("Empty: not limited."),
  notBefore: z.iso.datetime(),
  notAfter: z.iso.datetime(),
  state: z.enum(["valid", "expires-soon", "expired", "not-yet-valid"]),
  used: z.number().describe("The part of its life that is over: above 1 it has expired, below 0 it has not begun."),
  key: z.string(),
  signature: z.string(),
  sha256: z.string().describe("Fingerprint, hexadecimal."),
  sha1: z.string(),
  remarks: z.array(z.string()).describe("What to know before relying on it."),
};

const place = z.int().nullable();
const report = z.strictObject(certificate);
/** One that the user has added. */
const ownAuthority = z.strictObject({
  ...certificate,
  from: z.string().describe("Where it came from, in words; empty where that is not known."),
  added: z.string().nullable().describe("ISO 8601."),
});

/** What `sallyport cert` and `sallyport trust` print under --json. */
export function certSchemas(fault: ZodType) {
  return {
    "cert-inspect": z
      .strictObject({
        ok: z.literal(true),
        source: z.strictObject({ kind: z.enum(["file", "host"]), name: z.string() }),
        format: z.enum(["PEM", "DER", "PKCS#12", "PKCS#7"]).nullable().describe("Null for a host."),
        route: z.string().nullable().describe("How the host was reached, in words; null for a file."),
        certificates: z.array(
          z.strictObject({
            ...certificate,
            line: place.describe("Of its BEGIN line, from 1; null where there is none."),
            signedBy: place.describe(
              "Place in this list of the one that signed it, from 0; null where it is not here.",
            ),
            trusted: z.boolean().nullable().describe("Is an authority that is trusted here; null for a file."),
          }),
        ),
        keys: z.array(
          z.strictObject({
            kind: z.string().nullable().describe("Null where it was not opened."),
            line: place,
            encrypted: z.boolean(),
            belongsTo: place.describe("Place in the list of certificates of the one that it belongs to."),
            why: z.string().nullable().describe("Why it was not opened."),
          }),
        ),
        notes: z.array(z.string()).describe("What is odd about the file."),
        fault: fault.nullable().describe("Why programs here refuse what the host shows; null where they take it."),
      })
      .meta({ title: "sallyport cert inspect --json", description: "What a file holds, or a host shows." }),
    "cert-check": z
      .strictObject({
        ok: z.boolean().describe("Everything could be looked at."),
        needsRenewal: z.boolean().describe("At least one does."),
        maxUsed: z.number().describe("Percent."),
        checked: z.array(
          z.strictObject({
            source: z.string(),
            name: z.string(),
            notAfter: z.iso.datetime(),
            used: z.number(),
            needsRenewal: z.boolean(),
          }),
        ),
        fault: fault.nullable().describe("The first that kept something from being looked at."),
      })
      .meta({ title: "sallyport cert check --json", description: "Which certificates are due to be renewed." }),
    "cert-convert": z
      .strictObject({
        ok: z.literal(true),
        output: z.string().nullable().describe("The file that was written; null for standard output."),
        certificates: z.int(),
        keys: z.int().describe("How many were written."),
        encrypted: z.boolean().describe("The keys keep their passphrase."),
        pem: z.string().nullable().describe("The certificates, where no file was named. Never a key."),
        leftOut: z.array(z.string()).describe("What is in the file and could not be read."),
      })
      .meta({ title: "sallyport cert convert --json", description: "What was made of a file." }),
    "trust-list": z
      .strictObject({
        ok: z.literal(true),
        path: z.string().describe("The file that holds them; it need not be there."),
        authorities: z.array(ownAuthority),
      })
      .meta({ title: "sallyport trust list --json", description: "The authorities that the user has added." }),
    "trust-remove": z
      .strictObject({
        ok: z.literal(true),
        path: z.string().describe("The file that it was taken out of."),
        removed: ownAuthority,
      })
      .meta({ title: "sallyport trust remove --json", description: "The authority that is no longer trusted." }),
    "trust-add": z
      .strictObject({
        ok: z.literal(true),
        path: z.string().nullable().describe("Where they were written; null where nothing was."),
        added: z.array(report),
        known: z.array(report).describe("Those that were trusted already."),
      })
      .meta({ title: "sallyport trust add --json", description: "What was added to the user's own authorities." }),
    "trust-export": z
      .strictObject({
        ok: z.literal(true),
        for: z.string(),
        file: z.string().describe("Absolute."),
        certificates: z.int().describe("How many are in it."),
        variables: z.array(z.strictObject({ name: z.string(), value: z.string() })),
        command: z.string().nullable().describe("What sets it for good, where the tool has such a setting."),
      })
      .meta({ title: "sallyport trust export --json", description: "What another program is to read." }),
  };
}
