import { inlinePem } from "../base/inline-pem.js";
import type { PrivateFolder } from "../env/index.js";
import type { ChildVariable } from "../tools/types.js";

const common: Readonly<Record<string, string>> = {
  NODE_EXTRA_CA_CERTS: "Node, Bun, Electron",
  SSL_CERT_FILE: "OpenSSL, Go, Rust, Python, Ruby, .NET",
  CLAUDE_CODE_CLIENT_CERT: "Claude Code",
  CLAUDE_CODE_CLIENT_KEY: "Claude Code",
};
const ours = ["CA_CERTS", "CLIENT_CERT", "CLIENT_KEY", "PROXY_CLIENT_CERT", "PROXY_CLIENT_KEY"];

/**
 * The variables that hold a PEM text where programs read a path, with the path of a private file that holds it. Node, for one, prints
 * such a value when it finds no file of that name.
 */
export async function textsAsFiles(
  folder: PrivateFolder,
  variables: Readonly<Record<string, string>>,
  prefix: string,
): Promise<ChildVariable[]> {
  const readers = { ...common, ...Object.fromEntries(ours.map((suffix) => [`${prefix}_${suffix}`, "sallyport"])) };
  const made: ChildVariable[] = [];
  for (const [name, readBy] of Object.entries(readers)) {
    const pem = inlinePem(variables[name] ?? "");
    if (pem === undefined) continue;
    made.push({ name, value: await folder.write(`${name}.pem`, pem), secret: false, readBy });
  }
  return made;
}
