import type { DialContext } from "../dial/types.js";
import { createPrivateFolder, createReadableFolder, type PrivateFolder } from "../env/index.js";
import {
  aptConfiguration,
  bundleContents,
  loadTruststore,
  phpConfiguration,
  phpFolders,
  truststorePassword,
  wgetConfiguration,
} from "../tools/index.js";
import type { VariableValues } from "../tools/types.js";
import type { ChildEnvironmentOptions } from "./types.js";

/** Where a child's files are. */
export interface Folders extends AsyncDisposable {
  readonly own: PrivateFolder;
  /** For what holds no secret and is read by programs that root starts as another user; asked for by whoever puts something there. */
  readable(): Promise<PrivateFolder | undefined>;
}

export async function openFolders(): Promise<Folders> {
  const own = await createPrivateFolder();
  let readable: PrivateFolder | undefined;
  return {
    own,
    readable: async () => (readable ??= await createReadableFolder()),
    async [Symbol.asyncDispose]() {
      await Promise.all([own[Symbol.asyncDispose](), readable?.[Symbol.asyncDispose]()]);
    },
  };
}

type TrustValues = Pick<
  VariableValues,
  "extraFile" | "mergedFile" | "truststore" | "wgetrc" | "phpFolders" | "aptConfiguration"
>;

/** The files of authorities, and the configurations that name them for programs without a variable of their own. */
export async function trustFiles(
  folders: Folders,
  { context, gateway, variables }: ChildEnvironmentOptions,
): Promise<TrustValues> {
  const folder = folders.own;
  const { writeTruststore } = await loadTruststore();
  const { extra, merged, certificates } = bundleContents(context.trust, gateway?.authority);
  const existing = await userWgetrc(context, variables);
  const mergedFile = await folder.write("authorities.pem", merged);
  const [extraFile, truststore, wgetrc, apt] = await Promise.all([
    extra === undefined ? undefined : folder.write("extra-authorities.pem", extra),
    folder.write("truststore.p12", writeTruststore(certificates)),
    existing === undefined ? undefined : folder.write("wgetrc", wgetConfiguration(existing, mergedFile)),
    extra === undefined ? undefined : aptFile(folders, merged, { file: mergedFile, existing: variables["APT_CONFIG"] }),
    folder.write("php.ini", phpConfiguration),
  ]);
  return {
    mergedFile,
    truststore: { path: truststore, password: truststorePassword },
    phpFolders: phpFolders(variables["PHP_INI_SCAN_DIR"], folder.path, context.system.platform),
    ...(extraFile !== undefined && { extraFile }),
    ...(wgetrc !== undefined && { wgetrc }),
    ...(apt !== undefined && { aptConfiguration: apt }),
  };
}

/** What root's apt downloads is downloaded by another user, `_apt`, who cannot get into a private folder: it would trust nobody at all. */
async function aptFile(
  folders: Folders,
  merged: string,
  { file, existing = "" }: { readonly file: string; readonly existing: string | undefined },
): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return writeApt(folders.own, existing, file);
  const readable = await folders.readable();
  return readable && writeApt(readable, existing, await readable.write("authorities.pem", merged));
}

async function writeApt(folder: PrivateFolder, existing: string, mergedFile: string): Promise<string | undefined> {
  const text = aptConfiguration(existing, mergedFile);
  return text && folder.write("apt.conf", text);
}

/** Empty where there is none; undefined where there is one that cannot be read, and so must not be put aside. */
async function userWgetrc(
  { system }: DialContext,
  variables: ChildEnvironmentOptions["variables"],
): Promise<string | undefined> {
  const home = variables["HOME"];
  const path = variables["WGETRC"] || (home === undefined || home === "" ? undefined : `${home}/.wgetrc`);
  if (path === undefined) return "";
  try {
    return (await system.readFile(path)).toString("utf8");
  } catch (error) {
    const absent = error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
    return absent ? "" : undefined;
  }
}
