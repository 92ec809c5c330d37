import { resolve } from "node:path";
import { nearest } from "../../base/nearest.js";
import { singleQuoted } from "../../base/quote-path.js";
import { dataFolderLocation, dataFolderPath, openDataFolder } from "../../env/index.js";
import { loadTrust } from "../../trust/index.js";
import { bundleContents, childVariables, loadTruststore, truststorePassword } from "../../tools/index.js";
import type { ChildVariable } from "../../tools/types.js";
import type { Context } from "../context.js";
import { noReader, nothingToExport } from "../faults-cert.js";
import { unwritableOutput, unknownValue } from "../faults.js";
import { trustReaders, type TrustReader } from "../model/options.js";
import type { TrustFlags } from "../invocation.js";
import { openDraft } from "../terminal/whole-file.js";
import { exitCode } from "../terminal/io.js";
import { loadPolicy, networkOptions } from "./network.js";

/** What a reader takes: which file, by which of the variables that `run` sets as well. */
interface Reading {
  /** `extra`: it adds the file to its own authorities; the others replace them by it. */
  readonly file: "extra" | "merged" | "truststore";
  readonly variables: readonly string[];
  /** A line that sets it for good, with FILE in the file's place. */
  readonly command?: string;
}

const readings: Readonly<Record<TrustReader, Reading>> = {
  node: { file: "extra", variables: ["NODE_EXTRA_CA_CERTS"] },
  python: { file: "merged", variables: ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "HTTPLIB2_CA_CERTS"] },
  git: { file: "merged", variables: ["GIT_SSL_CAINFO"], command: "git config --global http.sslCAInfo FILE" },
  java: { file: "truststore", variables: ["JAVA_TOOL_OPTIONS"] },
  curl: { file: "merged", variables: ["CURL_CA_BUNDLE"] },
  npm: { file: "merged", variables: ["npm_config_cafile"], command: "npm config set cafile FILE" },
  yarn: { file: "merged", variables: ["YARN_HTTPS_CA_FILE_PATH"] },
  deno: { file: "extra", variables: ["DENO_CERT"] },
  go: { file: "merged", variables: ["SSL_CERT_FILE"] },
  rust: { file: "merged", variables: ["SSL_CERT_FILE", "CARGO_HTTP_CAINFO"] },
  ruby: { file: "merged", variables: ["SSL_CERT_FILE", "BUNDLE_SSL_CA_CERT"] },
  perl: { file: "merged", variables: ["PERL_LWP_SSL_CA_FILE"] },
  aws: { file: "merged", variables: ["AWS_CA_BUNDLE"] },
  gcloud: { file: "merged", variables: ["CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE"] },
  nix: { file: "merged", variables: ["NIX_SSL_CERT_FILE"] },
  pem: { file: "merged", variables: [] },
};

/** `sallyport trust export`: all that is trusted here as the file that another program reads, and the line that names it there. */
export async function trustExportCommand(flags: TrustFlags, context: Context): Promise<number> {
  const { terminal, variables } = context;
  const reader = readerIn(flags.for);
  const { system } = networkOptions(flags, context);
  const trust = await loadTrust(loadPolicy(flags, context).trust, system);
  await terminal.warn([...trust.faults, ...trust.warnings]);
  const { extra, merged, certificates } = bundleContents(trust);
  const reading = readings[reader];
  if (reading.file === "extra" && extra === undefined) throw nothingToExport();
  const contents =
    reading.file === "truststore"
      ? (await loadTruststore()).writeTruststore(certificates)
      : reading.file === "extra"
        ? (extra ?? "")
        : merged;
  const file = await place(contents, reading, flags, variables);
  const assignments = assignmentsFor(reading, file);
  const command = reading.command?.replace("FILE", quoted(file, system.platform));
  if (flags.json === true) {
    await terminal.json({
      ok: true,
      for: reader,
      file,
      certificates: reading.file === "extra" ? trust.extra.length : certificates.length,
      variables: assignments.map(({ name, value }) => ({ name, value })),
      command: command ?? null,
    });
    return exitCode.fine;
  }
  const lines = assignments.map(({ name, value }) => assignment(name, value, system.platform));
  await terminal.print(lines.length === 0 ? `${file}\n` : `${lines.join("\n")}\n`);
  if (command !== undefined) await terminal.note(`${terminal.err.dim("or for good:")} ${command}`);
  return exitCode.fine;
}

function readerIn(text: string | undefined): TrustReader {
  if (text === undefined) throw noReader(trustReaders);
  const known = trustReaders.find((reader) => reader === text.toLowerCase());
  if (known !== undefined) return known;
  throw unknownValue("--for", nearest(text.toLowerCase(), [...trustReaders]), [...trustReaders]);
}

/** Into the folder where what `env` writes lies too, or to where the user wants it. */
async function place(
  contents: string | Uint8Array,
  { file }: Reading,
  { output }: TrustFlags,
  variables: Context["variables"],
): Promise<string> {
  if (output === undefined) {
    const folder = openDataFolder(dataFolderPath(dataFolderLocation(variables)));
    const name = file === "extra" ? "extra" : "authorities";
    try {
      return await folder.write(name, file === "truststore" ? "p12" : "pem", contents);
    } catch (error) {
      throw unwritableOutput(folder.path, error);
    }
  }
  const path = resolve(output);
  await using draft = await openDraft(path, { mode: 0o644, fault: (error) => unwritableOutput(path, error) });
  await draft.write(contents);
  return path;
}

function assignmentsFor({ file, variables }: Reading, path: string): ChildVariable[] {
  const values = {
    proxy: {},
    noProxy: [],
    ...(file === "extra" && { extraFile: path }),
    ...(file === "merged" && { mergedFile: path }),
    ...(file === "truststore" && { truststore: { path, password: truststorePassword } }),
  };
  return childVariables(values).filter(({ name }) => variables.includes(name));
}

const quoted = (text: string, platform: NodeJS.Platform): string =>
  platform === "win32" ? `"${text}"` : /^[\w./~:@%+=-]+$/.test(text) ? text : singleQuoted(text);

const assignment = (name: string, value: string, platform: NodeJS.Platform): string =>
  platform === "win32"
    ? `$env:${name} = '${value.replaceAll("'", "''")}'`
    : `export ${name}=${quoted(value, platform)}`;
