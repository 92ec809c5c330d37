import { X509Certificate } from "node:crypto";
import { chmod, copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createAuthority } from "../../../../src/lab/index.js";
import { withVariables, type Place, type Scene } from "./scene.js";
import { inDays, mendedBy, scene, set, type Variables } from "./scene-of-settings.js";

const fixtures = join(import.meta.dirname, "../../../fixtures/pki");
const alice = { cert: "SALLYPORT_CLIENT_CERT", key: "SALLYPORT_CLIENT_KEY" } as const;

const pair = (cert: string, key: string, more: Variables = {}): Variables => ({
  [alice.cert]: cert,
  [alice.key]: key,
  ...more,
});
const ofAlice = ({ lab }: Place): Variables => pair(lab.files.client.cert, lab.files.client.key);
const asAlice = mendedBy(ofAlice);
/** The remedy names the variable that is missing. */
const bySettingWhatIsNamed =
  (missing: keyof typeof alice): NonNullable<Scene["mend"]> =>
  async (remedy, setting, { lab }) => {
    if (!new RegExp(`\\b${alice[missing]}\\b`).test(remedy)) throw new Error(`no variable in: ${remedy}`);
    return withVariables(setting, { [alice[missing]]: lab.files.client[missing] });
  };

/** One more client certificate of the lab's authority. */
const issued = async (
  stage: Place,
  usage: "client" | "server",
  times: { notBefore?: Date; notAfter?: Date } = {},
): Promise<Variables> => {
  const { chain, key } = await stage.lab.authorities.clientIssuing.issue({ commonName: "bob", usage, ...times });
  return pair(await stage.file("bob.pem", chain), await stage.file("bob.key", key));
};
/** What the files of a client certificate give, and what opens them. */
export const clientCertificateScenes: readonly Scene[] = [
  scene(
    "CERT_FILE_UNREADABLE",
    "a client certificate that is not there",
    ({ lab }) => pair("/nonexistent/a.pem", lab.files.client.key),
    asAlice,
  ),
  scene(
    "CERT_FILE_INVALID",
    "a client certificate in DER",
    async (stage) => {
      const { client } = stage.lab.files;
      const { raw } = new X509Certificate(await readFile(client.cert));
      return pair(await stage.file("alice.der", raw), client.key);
    },
    asAlice,
  ),
  scene(
    "KEY_FILE_UNREADABLE",
    "a key that is not there",
    ({ lab }) => pair(lab.files.client.cert, "/nonexistent/a.key"),
    asAlice,
  ),
  scene(
    "KEY_FILE_INVALID",
    "an empty key file",
    async (stage) => pair(stage.lab.files.client.cert, await stage.file("empty.key", "")),
    asAlice,
  ),
  scene(
    "KEY_MISSING",
    "a certificate without a key",
    ({ lab }) => ({ [alice.cert]: lab.files.client.cert }),
    bySettingWhatIsNamed("key"),
  ),
  scene(
    "CERT_MISSING",
    "a key without a certificate",
    ({ lab }) => ({ [alice.key]: lab.files.client.key }),
    bySettingWhatIsNamed("cert"),
  ),
  scene(
    "CERT_KEY_SWAPPED",
    "certificate and key in each other's place",
    ({ lab }) => pair(lab.files.client.key, lab.files.client.cert),
    async (_remedy, setting) =>
      withVariables(setting, {
        [alice.cert]: setting.variables[alice.key] ?? "",
        [alice.key]: setting.variables[alice.cert] ?? "",
      }),
  ),
  scene(
    "CERT_KEY_MISMATCH",
    "the key of another certificate",
    ({ lab }) => pair(lab.files.client.cert, lab.files.wrongClient.key),
    asAlice,
  ),
  scene(
    "KEY_PASSPHRASE_MISSING",
    "an encrypted key without its passphrase",
    ({ lab }) => pair(lab.files.client.cert, lab.files.client.encryptedKey),
    async (remedy, setting, stage) => {
      const name = /\bSALLYPORT_CLIENT_KEY_PASSPHRASE\b/.exec(remedy)?.[0];
      if (name === undefined) throw new Error(`no variable in: ${remedy}`);
      return withVariables(setting, { [name]: stage.lab.files.passphrase });
    },
  ),
  scene(
    "KEY_PASSPHRASE_WRONG",
    "an encrypted key with a wrong passphrase",
    ({ lab }) =>
      pair(lab.files.client.cert, lab.files.client.encryptedKey, { SALLYPORT_CLIENT_KEY_PASSPHRASE: "wrong" }),
    mendedBy(({ lab }) => ({ SALLYPORT_CLIENT_KEY_PASSPHRASE: lab.files.passphrase })),
  ),
  scene(
    "KEY_PERMISSIONS",
    "a key that other users may read",
    async (stage) => {
      const { client } = stage.lab.files;
      const key = await stage.file("open.key", await readFile(client.key));
      await chmod(key, 0o644);
      return pair(client.cert, key);
    },
    async (remedy, setting) => {
      const command = /chmod (\d+) (\S+)/.exec(remedy);
      if (command === null) throw new Error(`no command in: ${remedy}`);
      await chmod(command[2] ?? "", Number.parseInt(command[1] ?? "", 8));
      return setting;
    },
  ),
  scene(
    "CLIENT_CERT_EXPIRED",
    "an expired client certificate",
    ({ lab }) => pair(lab.files.expiredClient.cert, lab.files.expiredClient.key),
    asAlice,
  ),
  scene(
    "CLIENT_CERT_NOT_YET_VALID",
    "a client certificate of the future",
    (stage) => issued(stage, "client", { notBefore: inDays(2), notAfter: inDays(30) }),
    asAlice,
  ),
  scene(
    "CLIENT_CERT_EXPIRES_SOON",
    "a client certificate of the last week",
    (stage) => issued(stage, "client", { notBefore: inDays(-300), notAfter: inDays(5) }),
    asAlice,
  ),
  scene("CLIENT_CERT_USAGE", "a server's certificate for a client", (stage) => issued(stage, "server"), asAlice),
  scene(
    "CLIENT_CERT_CHAIN_INCOMPLETE",
    "a client certificate with a stranger's intermediate",
    async (stage) => {
      const { cert, key } = await stage.lab.authorities.clientIssuing.issue({ commonName: "bob", usage: "client" });
      const stranger = await createAuthority({ name: "Stranger" });
      return pair(await stage.file("bob.pem", cert + stranger.cert), await stage.file("bob.key", key));
    },
    asAlice,
  ),
  scene(
    "PFX_INVALID",
    "a PKCS#12 file that is none",
    async (stage) => ({
      SALLYPORT_CLIENT_PFX: await stage.file("a.p12", "no such thing"),
    }),
    mendedBy(async (stage) => ({
      SALLYPORT_CLIENT_PFX: await copied(stage, "modern.pfx"),
      SALLYPORT_CLIENT_KEY_PASSPHRASE: "correct-horse",
    })),
  ),
  scene(
    "PFX_PASSWORD_WRONG",
    "a PKCS#12 file with a wrong password",
    async (stage) => ({
      SALLYPORT_CLIENT_PFX: await copied(stage, "modern.pfx"),
      SALLYPORT_CLIENT_KEY_PASSPHRASE: "wrong",
    }),
    mendedBy(() => ({ SALLYPORT_CLIENT_KEY_PASSPHRASE: "correct-horse" })),
  ),
  {
    code: "PFX_LEGACY_CIPHER",
    how: "a PKCS#12 file with RC2",
    unmended: "openssl asks for the passwords on a terminal; `test/cli/cert.test.ts` converts such a file",
    make: set(async (stage) => ({
      SALLYPORT_CLIENT_PFX: await copied(stage, "rc2.pfx"),
      SALLYPORT_CLIENT_KEY_PASSPHRASE: "correct-horse",
    })),
  },
  {
    code: "SECRET_COMMAND_FAILED",
    how: "a command for the passphrase that exits with 2",
    make: async (stage) => {
      const { client } = stage.lab.files;
      const options = {
        cert: client.cert,
        key: client.encryptedKey,
        passphrase: { command: [process.execPath, "-e", "process.exit(2)"] },
      };
      return { ...(await stage.direct()), options };
    },
    mend: async (_remedy, setting, { lab }) => ({
      ...setting,
      options: {
        ...setting.options,
        passphrase: { command: [process.execPath, "-p", JSON.stringify(lab.files.passphrase)] },
      },
    }),
  },
];
async function copied(stage: Place, name: string): Promise<string> {
  const path = join(await stage.folder(), name);
  await copyFile(join(fixtures, name), path);
  await chmod(path, 0o600);
  return path;
}
