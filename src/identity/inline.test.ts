import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { memorySystem } from "../../test/support/memory-system.js";
import { resolvePolicy } from "../policy/index.js";
import { snapshotOf } from "../policy/testing/snapshot.js";
import { loadIdentities } from "./index.js";
import { codes, fixture, inline, load, loadPair, passphrase, told } from "./testing/load.js";

const text = async (name: string): Promise<string> => (await fixture(name)).toString();

async function fromVariables(variables: Record<string, string>) {
  const system = memorySystem();
  return { ...(await loadIdentities(resolvePolicy(snapshotOf(variables)), system)), reads: system.reads };
}

describe("a certificate and a key that stand in the settings themselves", () => {
  const shapes: Readonly<Record<string, (pem: string) => string>> = {
    "as they are": (pem) => pem,
    "with \\n for line breaks": (pem) => pem.replaceAll("\n", "\\n"),
    "with blanks for line breaks": (pem) => pem.replaceAll("\n", " "),
    "in quotation marks": (pem) => `"${pem.replaceAll("\n", "\\n")}"`,
  };
  test.each(Object.entries(shapes))("are loaded %s, and no file is read", async (_how, shape) => {
    const { origins, faults, warnings, reads } = await fromVariables({
      CLAUDE_CODE_CLIENT_CERT: shape(await text("alice.pem")),
      CLAUDE_CODE_CLIENT_KEY: shape(await text("alice.key")),
    });
    expect([faults, warnings, reads]).toEqual([[], [], []]);
    expect(origins[0]?.subject).toContain("CN=alice");
    expect(origins[0]?.files).toEqual([
      "the PEM text in CLAUDE_CODE_CLIENT_CERT",
      "the PEM text in CLAUDE_CODE_CLIENT_KEY",
    ]);
  });

  test.each(["alice-pkcs8-encrypted.key", "alice-sec1-encrypted.key"])(
    "may be encrypted, and on one line (%s)",
    async (name) => {
      const { origins, faults } = await fromVariables({
        SALLYPORT_CLIENT_CERT: await text("alice.pem"),
        SALLYPORT_CLIENT_KEY: (await text(name)).replaceAll(/\n+/g, " "),
        SALLYPORT_CLIENT_KEY_PASSPHRASE: passphrase,
      });
      expect([faults, origins.length]).toEqual([[], 1]);
    },
  );

  test("may stand in one setting", async () => {
    const { origins, faults } = await fromVariables({
      SALLYPORT_CLIENT_CERT: (await text("alice.key")) + (await text("alice.pem")),
    });
    expect([faults, origins.length]).toEqual([[], 1]);
  });

  test("are named by their setting in all that is wrong with them", async () => {
    const key = await text("alice.key");
    const cut = await fromVariables({
      SALLYPORT_CLIENT_CERT: await text("alice.pem"),
      SALLYPORT_CLIENT_KEY: key.slice(0, 80),
    });
    expect(told(cut)).toEqual([
      "KEY_FILE_INVALID the PEM text in SALLYPORT_CLIENT_KEY, line 1: the PRIVATE KEY block has no END line",
    ]);
    const other = await fromVariables({ SALLYPORT_CLIENT_CERT: await text("bob.pem"), SALLYPORT_CLIENT_KEY: key });
    expect(told(other)[0]).toMatch(
      /^CERT_KEY_MISMATCH SALLYPORT_CLIENT_KEY: the key in the PEM text in SALLYPORT_CLIENT_KEY does not belong to/,
    );
    const wrong = await fromVariables({
      SALLYPORT_CLIENT_CERT: await text("alice.pem"),
      SALLYPORT_CLIENT_KEY: await text("alice-pkcs8-encrypted.key"),
      SALLYPORT_CLIENT_KEY_PASSPHRASE: "battery-staple",
    });
    expect(wrong.faults[0]?.remedy).toBe(
      "correct SALLYPORT_CLIENT_KEY_PASSPHRASE; to try it by hand, run: openssl pkey -in FILE -noout (FILE: a file with that text)",
    );
    expect(inspect([cut, other, wrong], { depth: 9 })).not.toContain(key.split("\n")[1]);
  });

  test("what is not a path fails as the file would, and nothing is read", async () => {
    const { faults, origins, reads } = await fromVariables({
      SALLYPORT_CLIENT_CERT: await text("alice.pem"),
      SALLYPORT_CLIENT_KEY: Buffer.from(await text("alice.key")).toString("base64"),
    });
    expect(faults.map(({ code, message }) => `${code} ${message}`)).toEqual([
      "KEY_FILE_INVALID SALLYPORT_CLIENT_KEY holds a PEM text as base64, but must be a path",
    ]);
    expect([origins, reads]).toEqual([[], []]);
  });

  test("a bare name is shown once there is such a file, and not before", async () => {
    const name = "Tulip-Vase-41";
    const variables = { SALLYPORT_CLIENT_CERT: "/c.pem", SALLYPORT_CLIENT_KEY: name };
    const missing = await loadIdentities(
      resolvePolicy(snapshotOf(variables)),
      memorySystem({ files: { "/c.pem": await fixture("alice.pem") } }),
    );
    expect(told(missing)).toEqual(["KEY_FILE_UNREADABLE SALLYPORT_CLIENT_KEY: the file that it names does not exist"]);
    expect(inspect(missing, { depth: 9, showHidden: true })).not.toContain(name);
    const there = await loadIdentities(
      resolvePolicy(snapshotOf(variables)),
      memorySystem({
        files: { "/c.pem": await fixture("alice.pem"), [`/work/repo/${name}`]: await fixture("alice.key") },
      }),
    );
    expect(there.origins[0]?.files).toEqual(["/c.pem", `/work/repo/${name}`]);
  });
});

describe("a passphrase that something came along with", () => {
  const forms: readonly (readonly [string, string])[] = [
    [`${passphrase} `, "its trailing blank"],
    [`${passphrase}\r`, "its trailing line end"],
    [` ${passphrase}`, "its leading blank"],
    [`\ufeff${passphrase}`, "its byte order mark"],
    [`"${passphrase}"`, "the quotation marks around it"],
  ];
  test.each(forms)("%j is told to open the key without it, and is not used so", async (secret, without) => {
    const pair = await loadPair(await fixture("alice.pem"), await fixture("alice-pkcs8-encrypted.key"), secret);
    expect(pair.faults).toMatchObject([
      {
        code: "KEY_PASSPHRASE_WRONG",
        message: `CLAUDE_CODE_CLIENT_KEY_PASSPHRASE: this passphrase does not open the key in /k.pem; without ${without} it does`,
        remedy: `take ${without} out of CLAUDE_CODE_CLIENT_KEY_PASSPHRASE`,
      },
    ]);
    const store = await load({ pfx: "/p.pfx", passphrase: inline(secret) }, { "/p.pfx": await fixture("modern.pfx") });
    expect(store.faults).toMatchObject([
      {
        code: "PFX_PASSWORD_WRONG",
        message: `CLAUDE_CODE_CLIENT_KEY_PASSPHRASE: this password does not open /p.pfx; without ${without} it does`,
      },
    ]);
    expect(inspect([pair, store], { depth: 9, showHidden: true })).not.toContain(passphrase);
  });

  test("is just wrong where it does not open it without that either", async () => {
    const pair = await loadPair(await fixture("alice.pem"), await fixture("alice-pkcs8-encrypted.key"), "staple ");
    expect(codes(pair)).toEqual(["KEY_PASSPHRASE_WRONG"]);
    expect(pair.faults[0]?.message).not.toContain("without");
  });
});
