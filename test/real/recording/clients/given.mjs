// What a client of these is given: the URL and, where there is one, a client certificate in files.
import { readFileSync } from "node:fs";
import { EnvHttpProxyAgent } from "undici";

const [given, files = "{}"] = process.argv.slice(2);
export const url = given;
/** Milliseconds after which it is enough. */
export const enough = 5000;

export function certificate() {
  const { cert, key, pfx, passphrase } = JSON.parse(files);
  return {
    ...(cert && { cert: readFileSync(cert) }),
    ...(key && { key: readFileSync(key) }),
    ...(pfx && { pfx: readFileSync(pfx) }),
    ...(passphrase && { passphrase }),
  };
}

/** By the variables, as undici's documentation has it. */
export function byVariables() {
  const shown = certificate();
  return new EnvHttpProxyAgent({ connect: { ...shown, timeout: enough }, requestTls: shown, headersTimeout: enough });
}

/** Tells what the program gets to know, from the outside in: of an uncaught error Node prints the same, over many lines. */
export async function telling(ask) {
  try {
    const status = await ask();
    // An answer is an answer, whatever its status.
    if (status >= 300) console.error(`(gets the answer ${status})`);
    process.exitCode = 0;
  } catch (error) {
    // Sentences of OpenSSL end with their line.
    for (let one = error; one; one = one.cause ?? one.errors?.[0])
      console.error(
        `${one.name ?? "Error"}: ${one.message?.trim() || "(no message)"}${one.code ? ` (${one.code})` : ""}`,
      );
    process.exitCode = 1;
  }
  // What is still open holds up nobody.
  process.exit();
}
