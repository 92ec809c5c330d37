import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { startLab, type Lab } from "../../../src/lab/index.js";
import { openLoginProxy, type LoginProxy } from "./login-proxy.js";
import { networks, prepare, start, type Ended, type Setting, type Started } from "./settings.js";
import { openSite, siteNames, type Site } from "./site.js";

/** What a program may say of itself beside its function. */
interface Needs {
  /** Options of Node for a process of its own. */
  readonly flags?: readonly string[];
  /** A process of its own: for what ends one, or changes what the next program would find. */
  readonly alone?: boolean;
  /** The first major of Node that has what it tries. */
  readonly node?: number;
}

export interface Program extends Needs {
  readonly name: string;
  readonly folder: string;
}

/** What is compared: each line as `label: value`. */
export type Lines = readonly string[];
export type Outcome = ReadonlyMap<string, Lines>;

/** Stands for what a process with several programs says as a whole: which one it was shows when that runs alone. */
export const allTogether = "all of them in one process";

/** Those of this suite; there are others, which need what is not in package.json. */
const usualFolder = join(import.meta.dirname, "../programs");
const [major = 0] = process.versions.node.split(".").map(Number);

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

/** Runs all programs in all settings: as few processes as that takes, and as many at once as there are cores. */
export async function runTrial(programs: readonly Program[]): Promise<ReadonlyMap<Setting, Outcome>> {
  await using lab = await startLab();
  await using proxy = await openLoginProxy();
  const trials = await Promise.all(
    (["bare", ...networks] as const).map(async (setting) => ({
      setting,
      trial: await Trial.open(setting, lab, proxy),
    })),
  );
  const shared = programs.filter(isShared);
  const groups = [shared, ...programs.filter((each) => !shared.includes(each)).map((each) => [each])];
  const work = trials.flatMap(({ trial }) => groups.map((group) => () => trial.run(group)));
  await Promise.all(
    Array.from({ length: availableParallelism() }, async () => {
      for (let next = work.shift(); next !== undefined; next = work.shift()) await next();
    }),
  );
  const outcomes = new Map(trials.map(({ setting, trial }) => [setting, trial.outcome(programs)]));
  for (const { trial } of trials) await trial[Symbol.asyncDispose]();
  return outcomes;
}

/** Requests that a program sends at once (`?at-once=`) come to the server in any order. */
function inAnOrder(seen: readonly string[]): readonly string[] {
  const atOnce = seen.filter((line) => line.includes("?at-once=")).toSorted((one, other) => one.localeCompare(other));
  return seen.map((line) => (line.includes("?at-once=") ? (atOnce.shift() ?? line) : line));
}

/** One setting, with servers of its own, so that it is known who asked them. */
class Trial implements AsyncDisposable {
  readonly #site: Site;
  readonly #started: Started;
  readonly #lines = new Map<string, string[]>();

  static async open(setting: Setting, lab: Lab, proxy: LoginProxy): Promise<Trial> {
    const { intermediate } = lab.authorities;
    const issue = { commonName: "site.test", usage: "server" } as const;
    const good = await intermediate.issue({ ...issue, hosts: [...siteNames] });
    const own = await intermediate.issue({
      commonName: "localhost",
      usage: "server",
      hosts: ["localhost"],
      selfSigned: true,
    });
    const chain = { ...good, cert: good.cert + intermediate.chain };
    return new Trial(await openSite({ good: chain, own }), await prepare(setting, { lab, proxy }));
  }

  private constructor(site: Site, started: Started) {
    this.#site = site;
    this.#started = started;
  }

  async run(group: readonly Program[]): Promise<void> {
    const [first] = group;
    if (first === undefined) return;
    const names = group.map(({ name }) => name);
    const ended = await start([first.folder, ...names], first.flags ?? [], this.#started, this.#site.urls);
    for (const name of names) this.#lines.set(name, this.#told(name, ended));
    const whole = group.length > 1 ? allTogether : first.name;
    const lines = this.#lines.get(whole) ?? [];
    this.#lines.set(whole, [...lines, `exit: ${ended.status}`, ...this.#errors(ended.stderr)]);
  }

  #told(name: string, { stdout }: Ended): string[] {
    const lines = stdout.split("\n").filter((line) => line.startsWith("["));
    return lines
      .map((line) => JSON.parse(line) as [string, string, unknown])
      .filter(([of]) => of === name)
      .map(([, label, value]) => this.#comparable(name, `${label}: ${JSON.stringify(value)}`));
  }

  #errors(stderr: string): string[] {
    const lines = stderr.split("\n").filter((line) => line !== "" && !line.includes("--trace-warnings"));
    return lines.map((line) => `stderr: ${this.#comparable("", line).replace(/^\(node:\d+\)/, "(node)")}`);
  }

  /** Without what differs between two runs of the same. */
  #comparable(name: string, line: string): string {
    const named = [...this.#site.ports].reduce((text, [port, kind]) => text.replaceAll(`${port}`, `{${kind}}`), line);
    return name === "" ? named : named.replaceAll(`/${name}/`, "/");
  }

  outcome(programs: readonly { readonly name: string }[]): Outcome {
    return new Map(
      [...programs, { name: allTogether }].map(({ name }) => {
        const seen = this.#site.seen.get(name) ?? [];
        return [
          name,
          [
            ...(this.#lines.get(name) ?? []),
            ...inAnOrder(seen).map((each) => `origin: ${this.#comparable(name, each)}`),
          ],
        ];
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#site[Symbol.asyncDispose]();
    await this.#started[Symbol.asyncDispose]();
  }
}
