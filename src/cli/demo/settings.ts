import type { LabFiles, StandardLab } from "../../lab/types.js";
import type { Scene } from "./scene.js";

type Variables = Scene["variables"];

/** A client certificate, and its encrypted key. */
export const certificateVariables = ({ client, passphrase }: LabFiles): Variables => ({
  CLAUDE_CODE_CLIENT_CERT: client.cert,
  CLAUDE_CODE_CLIENT_KEY: client.encryptedKey,
  CLAUDE_CODE_CLIENT_KEY_PASSPHRASE: passphrase,
});

/** The strictest office, and all that it takes to leave it. */
export const everything = ({ strict, files }: StandardLab): Variables => ({
  HTTPS_PROXY: strict.urlWithLogin,
  NODE_EXTRA_CA_CERTS: files.bundle,
  ...certificateVariables(files),
});

const prompt = '{"messages":[{"role":"user","content":"hi"}]}';

/** A request that is answered. `authority`: the host, with its port where that is not the scheme's own. */
export const countTokens = (authority: string): Pick<Scene, "argv" | "exit"> => ({
  argv: ["fetch", "-v", "-d", prompt, `https://${authority}/v1/messages/count_tokens`],
  exit: 0,
});
