import { accessSync, constants } from "node:fs";
import { execFile } from "node:child_process";
import { isAbsolute, join } from "node:path";
import { type System } from "../../base/system.js";
import { namespacesRefused, otherPlatform, toolsMissing, type Refusal } from "./faults.js";
import type { CapturedUser, CaptureTools } from "./messages.js";

/** What a capture is made with. */
export interface Means {
  readonly tools: CaptureTools;
  readonly user: CapturedUser;
  /** The command that starts another in new namespaces, as whoever may set them up. */
  readonly enter: readonly string[];
}

/** Where programs of administrators are, which a user's PATH may leave out. */
const ownFolders = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"];

/**
 * Finds out whether this machine can capture, and how. Nothing of it is changed.
 * @throws {ConnectError} CAPTURE_UNAVAILABLE
 */
export async function findMeans(system: System, path: string | undefined): Promise<Means> {
  const [uid, gid] = [process.geteuid?.(), process.getegid?.()];
  if (system.platform !== "linux" || uid === undefined || gid === undefined) throw otherPlatform(system.platform);
  const tools = findTools(path, uid === 0);
  const plain = [tools.unshare, "--mount", "--net", "--"];
  if (uid === 0 && (await attempt(plain)) === undefined) {
    return { tools, user: { uid, gid, isMapped: false }, enter: plain };
  }
  const mapped = [tools.unshare, "--user", "--map-root-user", "--mount", "--net", "--"];
  const refused = await attempt(mapped);
  if (refused !== undefined) throw namespacesRefused(await whyRefused(system, refused), refused);
  return { tools, user: { uid, gid, isMapped: true }, enter: mapped };
}

function findTools(path: string | undefined, isRoot: boolean): CaptureTools {
  const folders = [...ownFolders, ...(path ?? "").split(":").filter(isAbsolute)];
  const find = (name: string): string | undefined => folders.map((folder) => join(folder, name)).find(isExecutable);
  const [unshare, ip, nft, mount, setpriv] = ["unshare", "ip", "nft", "mount", "setpriv"].map(find);
  const needed = { unshare, ip, nft, mount, ...(isRoot && { setpriv }) };
  const missing = Object.entries(needed).filter(([, found]) => found === undefined);
  if (unshare === undefined || ip === undefined || nft === undefined || mount === undefined || missing.length > 0)
    throw toolsMissing(missing.map(([name]) => name));
  return { unshare, ip, nft, mount, setpriv };
}

/** Whether it could be started. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What the program says that fails; undefined where none does. */
function attempt([program = "", ...args]: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(program, [...args, "/bin/true"], { env: { LC_ALL: "C" }, timeout: 10_000 }, (error, _output, words) => {
      resolve(error === null ? undefined : (words.split("\n")[0] ?? ""));
    });
  });
}

async function whyRefused({ readFile }: System, words: string): Promise<Refusal> {
  const read = (name: string, folder = "/proc/sys"): Promise<string> =>
    readFile(`${folder}/${name}`).then(
      (bytes) => bytes.toString("latin1").trim(),
      () => "",
    );
  if ((await read("user/max_user_namespaces")) === "0") return "none-left";
  // ENOSPC is what the kernel says of every bound on their number.
  if (words.includes("No space left")) return "no-networks";
  if ((await read("kernel/unprivileged_userns_clone")) === "0") return "switched-off";
  if ((await read("kernel/apparmor_restrict_unprivileged_userns")) === "1") return "apparmor";
  // Mode 2 is a filter (proc(5)); sallyport's own is that of all that it starts.
  return /^Seccomp:\s*2$/m.test(await read("self/status", "/proc")) ? "seccomp" : "unknown";
}
