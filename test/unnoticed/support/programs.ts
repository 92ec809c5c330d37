import { readdirSync } from "node:fs";
import { join } from "node:path";

/** What a program may say of itself beside its function. */
interface Needs {
  /** Options of Node for a process of its own. */
  readonly flags?: readonly string[];
  /** A process of its own: for what ends one, or changes what the next program would find. */
  readonly alone?: boolean;
  /** How many processes and threads of its own make requests: each has to begin anew. */
  readonly starts?: number;
  /** The first major of Node that has what it tries. */
  readonly node?: number;
}

export interface Program extends Needs {
  readonly name: string;
  readonly folder: string;
}

/** Stands for what a process with several programs says as a whole: which one it was shows when that runs alone. */
export const allTogether = "all of them in one process";

/** Those of this suite; there are others, which need what is not in package.json. */
const usualFolder = join(import.meta.dirname, "../programs");
const [major = 0] = process.versions.node.split(".").map(Number);

/** That by which it is measured what a beginning takes. */
export const firstRequest: Program = { name: "first-request", folder: usualFolder, alone: true };

/** All, or those that the variable UNNOTICED names (`UNNOTICED=fetch,agents`), for who works on one. */
export async function findPrograms(folder = usualFolder): Promise<readonly Program[]> {
  const names = readdirSync(folder)
    .filter((file) => file.endsWith(".mjs"))
    .map((file) => file.slice(0, -".mjs".length));
  const found = await Promise.all(
    names.map(async (name) => {
      const { needs = {} } = (await import(join(folder, `${name}.mjs`))) as { readonly needs?: Needs };
      return { name, folder, ...needs };
    }),
  );
  const only = process.env["UNNOTICED"]?.split(",");
  return found.filter(({ name, node = 0 }) => node <= major && (only?.includes(name) ?? true));
}

/** Whether it may run in one process with others. */
export const isShared = ({ flags, alone }: Program): boolean => flags === undefined && alone !== true;
