import type { StandardLab } from "../../../src/lab/index.js";

/** The lab's authorities and its client certificate, whose key is encrypted, as flags. */
export function certificateFlags({ files: { bundle, client } }: StandardLab): readonly string[] {
  return ["--cacert", bundle, "--cert", client.cert, "--key", client.encryptedKey];
}
