import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach } from "vitest";

/** The home of a user whose settings files a command writes. Names are within it. */
export class Home {
  path = "";

  readonly at = (name: string): string => join(this.path, name);

  readonly read = (name: string): Promise<string> => readFile(this.at(name), "utf8");

  readonly write = async (name: string, content: string | Uint8Array, mode = 0o600): Promise<string> => {
    const path = this.at(name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    await chmod(path, mode);
    return path;
  };
}

/** An empty one for each test of the file. */
export function homeForEach(): Home {
  const home = new Home();
  beforeEach(async () => {
    home.path = await mkdtemp(join(tmpdir(), "sallyport-home-"));
  });
  afterEach(() => rm(home.path, { recursive: true, force: true }));
  return home;
}
