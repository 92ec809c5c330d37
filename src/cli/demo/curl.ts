import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { codeOf } from "../../base/error-code.js";

/** Those that take their authorities from a variable, and heed what an authority is limited to. */
const able = /\b(?:OpenSSL|LibreSSL|BoringSSL|quictls|AWS-LC|GnuTLS)\//;

/** Why the curl on this PATH cannot play its part; undefined where it can. */
export async function whyNoCurl(variables: Readonly<Record<string, string>>): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)("curl", ["--version"], { env: { ...variables }, timeout: 5000 });
    const [firstLine = ""] = stdout.split("\n");
    // What is in parentheses was built in and is not in use.
    return able.test(firstLine.replace(/\([^)]*\)/g, ""))
      ? undefined
      : "this curl takes no authorities from the environment";
  } catch (error) {
    const missing = codeOf(error) === "ENOENT";
    return missing ? "curl is not on the PATH" : "curl cannot be run";
  }
}
