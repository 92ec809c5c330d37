import { existsSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** Debian keeps daemons in sbin, which an ordinary user's PATH leaves out. */
const directories = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin", "/usr/local/sbin", "/sbin"];

export function findProgram(name: string): string | undefined {
  return directories.map((directory) => join(directory, name)).find((path) => existsSync(path));
}

/** The squid that can open TLS: the plain `squid` package is built without OpenSSL, and knows no ssl-bump. */
export function findSquid(): { readonly program: string; readonly helpers: string } | undefined {
  const program = findProgram("squid");
  if (program === undefined) return undefined;
  const built = execFileSync(program, ["-v"], { encoding: "utf8" });
  const helpers = ["/usr/lib/squid", "/usr/lib64/squid", "/usr/libexec/squid"].find((path) =>
    existsSync(join(path, "security_file_certgen")),
  );
  return helpers !== undefined && built.includes("--with-openssl") ? { program, helpers } : undefined;
}

/**
 * In the foreground. Each goes by a name of its own (letters and digits): under squid's, its shared memory is another squid's that runs here as
 * another user, and this one ends at once.
 */
export const squidArguments = (configuration: string, port: number | undefined): readonly string[] => [
  "-N",
  "-n",
  `sallyport${port}`,
  "-f",
  configuration,
];
