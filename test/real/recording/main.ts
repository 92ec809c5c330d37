import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { closeTheMachine, packetsThatLeft } from "../../matrix/support/closed-machine.js";
import { NameServer, type Known } from "../../matrix/support/name-server.js";
import { inParallel } from "../../matrix/support/pool.js";
import { diagnose } from "../../../src/doctor/diagnose.js";
import { openForDiagnosis } from "../../../src/doctor/open.js";
import { startLab, type Lab } from "../../../src/lab/index.js";
import { optionsOf } from "../../e2e/catalogue/support/ask.js";
import { titleOf, type Cell, type Recorded, type RecordedScene } from "../../e2e/catalogue/support/recorded.js";
import { Place, type Scene } from "../../e2e/catalogue/support/scene.js";
import { scenes } from "../../e2e/catalogue/support/scenes.js";
import { programs, type Found, type Program } from "./programs.js";
import { runProgram } from "./run-program.js";
import { constant, linesOf, type Places } from "./said.js";
import { situationOf, type Situation } from "./situation.js";
import { Turns } from "./turns.js";

/** What is wanted; test/real/error-texts.test.ts says so. */
export interface Wanted extends Found {
  /** Programs to run in each of these scenes. */
  readonly cells: readonly (readonly [title: string, programs: readonly string[]])[];
  readonly file: string;
}

type Lookup = Lab["lookup"];

/** In a namespace of its own, out of which nothing leads: what is asked there is asked here. */
async function record(wanted: Wanted): Promise<void> {
  await closeTheMachine(0);
  const before = packetsThatLeft();
  await using lab = await startLab();
  const resolvers = new Map<string, Lookup>();
  await using _names = await NameServer.listen("127.0.0.1", (name) => ask(resolvers.get(name) ?? lab.lookup, name));
  const turns = new Turns(2);
  const results: RecordedScene[] = [];
  const chosen = new Map(wanted.cells);
  const order = scenes.filter((scene) => chosen.has(titleOf(scene)));
  await inParallel(order, 3, async (scene) => {
    const names = new Set(chosen.get(titleOf(scene)));
    const run = programs.filter(({ name }) => names.has(name));
    results.push(await recordScene(scene, run, { lab, resolvers, turns, wanted }));
  });
  const left = packetsThatLeft() - before;
  if (left !== 0) throw new Error(`${left} packets went out`);
  const sorted = order.flatMap((scene) => results.filter((one) => titleOf(one) === titleOf(scene)));
  const recorded: Recorded = { versions: versionsOf(wanted), scenes: sorted };
  writeFileSync(wanted.file, JSON.stringify(recorded));
}

interface Recording {
  readonly lab: Lab;
  readonly resolvers: Map<string, Lookup>;
  readonly turns: Turns;
  readonly wanted: Wanted;
}

async function recordScene(scene: Scene, run: readonly Program[], recording: Recording): Promise<RecordedScene> {
  const { lab, resolvers } = recording;
  const { code, how } = scene;
  await using place = new Place(lab);
  const situation = await situationOf(scene, place);
  if (typeof situation === "string") return { code, how, none: situation };
  const { hostname } = new URL(situation.url);
  const { lookup } = situation.setting.options ?? {};
  if (lookup !== undefined) resolvers.set(hostname, lookup);
  const ours = await oursOf(scene, situation, recording);
  const cells = await Promise.all(
    run.map(async (program) => [program.name, await cellOf(program, situation, recording)] as const),
  );
  resolvers.delete(hostname);
  return { code, how, ours, said: Object.fromEntries(cells) };
}

async function oursOf({ code }: Scene, { setting }: Situation, { lab, wanted }: Recording): Promise<string> {
  const { url, probes = [] } = setting;
  const { faults, warnings } = await diagnose(await openForDiagnosis(optionsOf(lab, setting)), [url], { probes });
  const fault = [...faults, ...warnings].find((one) => one.code === code);
  if (fault === undefined)
    throw new Error(`the doctor does not say ${code}: ${JSON.stringify([...faults, ...warnings])}`);
  return constant(`${faults.includes(fault) ? "error" : "warning"}: ${fault.message} [${code}]`, [
    [lab.directory, "DIR"],
    [wanted.repository, "FOLDER"],
  ]);
}

async function cellOf(program: Program, situation: Situation, { lab, turns, wanted }: Recording): Promise<Cell> {
  const command = program.command(situation, wanted);
  if (typeof command === "string") return { not: command };
  const home = mkdtempSync(join(lab.directory, "home-"));
  const ended = await turns.take(() => runProgram(command, home));
  if (program.worked?.test(ended.stdout) === true) return { lines: [], status: 0 };
  const places: Places = [
    [home, "HOME"],
    [lab.directory, "DIR"],
    [wanted.repository, "FOLDER"],
  ];
  return { lines: linesOf(program, ended, places), status: ended.status };
}

/** What a resolver of Node's kind says, as one that is asked over the network. */
function ask(lookup: Lookup, name: string): Promise<Known> {
  return new Promise((resolve) => {
    lookup(name, { all: true, family: 4 }, (error, found) => {
      const first = typeof found === "string" ? found : found?.[0]?.address;
      if (error !== null) resolve(error.code === "EAI_AGAIN" ? "failure" : "no such name");
      else resolve(first === undefined ? "no such name" : { address: first });
    });
  });
}

function versionsOf(wanted: Wanted): Record<string, string> {
  return Object.fromEntries(
    programs.map((program) => {
      const [command = "", ...args] = program.version(wanted);
      const { stdout } = spawnSync(command, args, {
        encoding: "utf8",
        env: { PATH: process.env["PATH"] ?? "", HOME: "/nonexistent" },
      });
      return [program.name, /\d+(?:\.\d+)+/.exec(stdout ?? "")?.[0] ?? "unknown"];
    }),
  );
}

await record(JSON.parse(process.argv[2] ?? "{}") as Wanted);
