import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A repository of one package, without signatures, as a static server publishes it. */
export function makeAptRepository(directory: string): void {
  const folder = join(directory, "apt");
  mkdirSync(folder, { recursive: true });
  const packages = "Package: thing\nVersion: 1.0\nArchitecture: all\nFilename: ./thing.deb\nSize: 0\n\n";
  const hash = createHash("sha256").update(packages).digest("hex");
  writeFileSync(join(folder, "Packages"), packages);
  writeFileSync(join(folder, "Release"), `Suite: lab\nSHA256:\n ${hash} ${packages.length} Packages\n`);
}

/** A shell script that updates apt's lists from that repository, in a folder that is apt's own. */
export function aptUpdate(origin: string, home: string): string {
  const folder = join(home, "apt");
  const settings = {
    "Dir::Etc::sourcelist": `${folder}/sources.list`,
    "Dir::Etc::sourceparts": "-",
    "Dir::Etc::parts": "-",
    "Dir::State::lists": `${folder}/lists`,
    "Dir::Cache": `${folder}/cache`,
    "Acquire::Retries": "0",
    "Acquire::Languages": "none",
  };
  const options = Object.entries(settings).map(([name, value]) => `-o ${name}='${value}'`);
  // Root's apt downloads as another user, who has to get at the folder.
  return `mkdir -p '${folder}/lists' '${folder}/cache' && chmod 711 . '${home}' &&
    echo 'deb [trusted=yes] ${origin}/apt ./' > '${folder}/sources.list' &&
    exec apt-get update --error-on=any ${options.join(" ")}`;
}
