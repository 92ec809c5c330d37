import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { StandardLab } from "../../lab/types.js";

/** A program that knows nothing of proxies, and what notes its questions to the resolver. */
export interface WatchedProgram {
  readonly path: string;
  readonly text: string;
  /** To be given to Node with `--require`. */
  readonly watcher: string;
  /** Writes both again, and removes what was noted. */
  write(): Promise<void>;
  /** The names that were looked up, each once; undefined where no program was started. */
  lookedUp(): Promise<readonly string[] | undefined>;
}

/** Fetch, and node:https with an agent that is nobody's but the program's. */
export function plainProgram({
  directory,
  api,
  mtls,
}: Pick<StandardLab, "directory" | "api" | "mtls">): WatchedProgram {
  const path = join(directory, "app.mjs");
  const watcher = join(directory, "names.cjs");
  const notes = join(directory, "names.txt");
  const text = `import https from "node:https";
import { json } from "node:stream/consumers";

const answer = await fetch("https://${api.name}/echo");
console.log("fetch:", (await answer.json()).origin, answer.status);

const agent = new https.Agent({ keepAlive: true });
https.get("https://${mtls.name}/echo", { agent }, async (answer) => {
  const { peer } = await json(answer);
  console.log("https: seen as", peer);
});
`;
  return {
    path,
    text,
    watcher,
    async write() {
      await rm(notes, { force: true });
      await Promise.all([writeFile(path, text), writeFile(watcher, watching(notes))]);
    },
    async lookedUp() {
      const noted = await readFile(notes, "utf8").catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return undefined;
        throw error;
      });
      return noted === undefined ? undefined : [...new Set(noted.split("\n").filter((name) => name !== ""))];
    },
  };
}

/** Notes a name before it is known whether there is an answer: the server's log cannot show what a resolver was asked. */
const watching = (notes: string): string => `const dns = require("node:dns");
const { appendFileSync } = require("node:fs");
const { syncBuiltinESMExports } = require("node:module");

const note = (text) => appendFileSync(${JSON.stringify(notes)}, text);
note("");
for (const resolver of [dns, dns.promises]) {
  for (const method of ["lookup", "resolve", "resolve4", "resolve6", "resolveAny"]) {
    resolver[method] = new Proxy(resolver[method], {
      apply(target, self, args) {
        note(args[0] + "\\n");
        return Reflect.apply(target, self, args);
      },
    });
  }
}
syncBuiltinESMExports();
`;
