import { availableParallelism } from "node:os";
import { startLab, type Lab } from "../../../src/lab/index.js";
import { latenessOf, type Measured } from "./lateness.js";
import { openLoginProxy, type LoginProxy } from "./login-proxy.js";
import { allTogether, firstRequest, isShared, type Program } from "./programs.js";
import { networks, prepare, start, type Ended, type Setting, type Started } from "./settings.js";
import { openSite, siteNames, type Site } from "./site.js";
import type { Took } from "./took.js";

/** What is compared: each line as `label: value`. */
export type Lines = readonly string[];
export type Outcome = ReadonlyMap<string, Lines>;

/** What was found by running programs. Their servers stay until it is disposed of. */
export interface Findings extends AsyncDisposable {
  readonly outcomes: ReadonlyMap<Setting, Outcome>;
  /** Of a program that takes out of all proportion longer under the preload: the first network where it does, and how long it takes. */
  lateness(name: string): Promise<string | undefined>;
}

/** Runs all programs in all settings: as few processes as that takes, and as many at once as there are cores. */
export async function runTrial(programs: readonly Program[]): Promise<Findings> {
  const [lab, proxy] = await Promise.all([startLab(), openLoginProxy()]);
  const open = async (setting: Setting): Promise<readonly [Setting, Trial]> => [
    setting,
    await Trial.open(setting, lab, proxy),
  ];
  const trials = new Map(await Promise.all((["bare", ...networks] as const).map(open)));
  const shared = programs.filter(isShared);
  const groups = [shared, ...programs.filter((each) => !shared.includes(each)).map((each) => [each])];
  const work = [...trials.values()].flatMap((trial) => groups.map((group) => () => trial.run(group)));
  await Promise.all(
    Array.from({ length: availableParallelism() }, async () => {
      for (let next = work.shift(); next !== undefined; next = work.shift()) await next();
    }),
  );
  return {
    outcomes: new Map([...trials].map(([setting, trial]) => [setting, trial.outcome(programs)])),
    lateness: (name) =>
      latenessIn(name === allTogether ? shared : programs.filter((each) => each.name === name), name, trials),
    async [Symbol.asyncDispose]() {
      for (const part of [...trials.values(), proxy, lab]) await part[Symbol.asyncDispose]();
    },
  };
}

async function latenessIn(
  group: readonly Program[],
  name: string,
  trials: ReadonlyMap<Setting, Measured>,
): Promise<string | undefined> {
  const bare = trials.get("bare");
  for (const network of networks) {
    const under = trials.get(network);
    const sentence = bare && under && (await latenessOf({ name, group }, firstRequest, { bare, under }));
    if (sentence !== undefined) return `${network}: ${sentence}`;
  }
  return undefined;
}

/** Requests that a program sends at once (`?at-once=`) come to the server in any order. */
function inAnOrder(seen: readonly string[]): readonly string[] {
  const atOnce = seen.filter((line) => line.includes("?at-once=")).toSorted((one, other) => one.localeCompare(other));
  return seen.map((line) => (line.includes("?at-once=") ? (atOnce.shift() ?? line) : line));
}

/** What `run.mjs` measured. */
function tookOf(of: string, { stdout }: Ended): Took {
  const told = stdout.split("\n").filter((line) => line.startsWith("{"));
  const found = told
    .map((line) => JSON.parse(line) as Took & { readonly name: string })
    .find(({ name }) => name === of);
  return { program: found?.program, processor: found?.processor };
}

/** One setting, with servers of its own, so that it is known who asked them. */
class Trial implements AsyncDisposable, Measured {
  readonly took = new Map<string, Took>();
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
    const site = await openSite({ good: chain, own });
    if (setting === "login proxy") proxy.webPorts = site.webPorts;
    return new Trial(site, await prepare(setting, { lab, proxy }));
  }

  private constructor(site: Site, started: Started) {
    this.#site = site;
    this.#started = started;
  }

  async run(group: readonly Program[]): Promise<void> {
    const [first] = group;
    if (first === undefined) return;
    const names = group.map(({ name }) => name);
    const ended = await this.#start(group);
    for (const name of names) {
      this.#lines.set(name, this.#told(name, ended));
      this.took.set(name, tookOf(name, ended));
    }
    const whole = group.length > 1 ? allTogether : first.name;
    this.took.set(whole, { ...this.took.get(whole), process: ended.took });
    const lines = this.#lines.get(whole) ?? [];
    this.#lines.set(whole, [...lines, `exit: ${ended.status}`, ...this.#errors(ended.stderr)]);
  }

  async measure(group: readonly Program[]): Promise<Took> {
    const ended = await this.#start(group);
    const [first] = group;
    return { ...(group.length === 1 && first !== undefined && tookOf(first.name, ended)), process: ended.took };
  }

  #start(group: readonly Program[]): Promise<Ended> {
    const { folder = "", flags = [] } = group[0] ?? {};
    return start([folder, ...group.map(({ name }) => name)], flags, this.#started, this.#site.urls);
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
