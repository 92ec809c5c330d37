import { mkdtemp, rename, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { StandardLab } from "../../../../src/lab/index.js";

export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** How a new pair comes into its place. Each ends when both parts of it are there. */
export const ways = {
  "by renaming": async (to: Pair, { cert, key }: Pair) => {
    for (const [path, text] of [
      [to.key, key],
      [to.cert, cert],
    ] as const) {
      await writeFile(`${path}.new`, text, { mode: 0o600 });
      await rename(`${path}.new`, path);
    }
  },
  "in place, in two steps": async (to: Pair, { cert, key }: Pair) => {
    await writeFile(to.cert, cert);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await writeFile(to.key, key);
  },
  "with times that are set back": async (to: Pair, { cert, key }: Pair) => {
    const pinned = new Date("1980-01-01T00:00:00Z");
    await writeFile(to.cert, cert);
    await utimes(to.cert, pinned, pinned);
    await writeFile(to.key, key);
    await utimes(to.key, pinned, pinned);
  },
} as const;

export type Way = keyof typeof ways | "by turning a link";

/** A pair in plain files of the lab's folder, of `commonName` at first, and how it is written again for another name. */
export async function pairInFiles(
  lab: StandardLab,
  name: string,
  commonName: string,
): Promise<{ readonly files: Pair; readonly write: (commonName: string) => Promise<void> }> {
  const files = { cert: join(lab.directory, `${name}.crt`), key: join(lab.directory, `${name}.key`) };
  const write = async (to: string): Promise<void> => {
    const { cert, key } = await issue(lab, to);
    await writeFile(files.cert, cert);
    await writeFile(files.key, key, { mode: 0o600 });
  };
  await write(commonName);
  return { files, write };
}

/** A folder with `tls.crt` and `tls.key` as Kubernetes mounts secrets: links through `..data`, which is turned to a new folder. */
export class Mount {
  readonly folder: string;
  readonly paths: Pair;

  private constructor(folder: string) {
    this.folder = folder;
    this.paths = { cert: join(folder, "tls.crt"), key: join(folder, "tls.key") };
  }

  static async make(lab: StandardLab, first: Pair): Promise<Mount> {
    const mount = new Mount(await mkdtemp(join(lab.directory, "mount-")));
    await mount.#turn(first);
    await symlink("..data/tls.crt", mount.paths.cert);
    await symlink("..data/tls.key", mount.paths.key);
    return mount;
  }

  async put(way: Way, pair: Pair): Promise<void> {
    if (way === "by turning a link") await this.#turn(pair);
    // Renaming would put a file in the place of the link: what the link leads to is replaced.
    else
      await ways[way](
        { cert: join(this.folder, "..data", "tls.crt"), key: join(this.folder, "..data", "tls.key") },
        pair,
      );
  }

  async #turn({ cert, key }: Pair): Promise<void> {
    const data = await mkdtemp(join(this.folder, "..2026-"));
    await writeFile(join(data, "tls.crt"), cert, { mode: 0o600 });
    await writeFile(join(data, "tls.key"), key, { mode: 0o600 });
    await symlink(data, join(this.folder, "..data_tmp"));
    await rename(join(this.folder, "..data_tmp"), join(this.folder, "..data"));
  }
}

/** A pair of the lab's client authority, whose common name tells it apart at the server. */
export async function issue(lab: StandardLab, commonName: string, expired = false): Promise<Pair> {
  const day = 86_400_000;
  const { chain, key } = await lab.authorities.clientIssuing.issue({
    commonName,
    usage: "client",
    ...(expired && { notBefore: new Date(Date.now() - 2 * day), notAfter: new Date(Date.now() - day) }),
  });
  return { cert: chain, key };
}
