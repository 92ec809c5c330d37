import { homedir } from "node:os";
import { join } from "node:path";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { isDeepStrictEqual } from "node:util";
import { explainError, readCatalogue } from "../../src/doctor/error-catalogue.js";
import { faultCodes, type FaultCode } from "../../src/base/codes.js";
import {
  readRecorded,
  recordedPath,
  spoken,
  titleOf,
  type Cell,
  type Recorded,
} from "../e2e/catalogue/support/recorded.js";
import { scenes } from "../e2e/catalogue/support/scenes.js";
import { programs } from "./recording/programs.js";
import { recordPrograms } from "./recording/recorder.js";
import { whatNamespacesMiss } from "../support/network-namespace.mjs";
import { claudeProgram } from "./support/claude.js";

/**
 * What programs say where the same thing is wrong, recorded as they run in the catalogue's scenes. `RECORD=1` runs them all and writes
 * test/e2e/catalogue/recorded.json, of which docs/what-clients-say.md is made (`RECORD='Claude Code,git'` runs these, and keeps the rest);
 * else some are run again, and must say what was recorded.
 */

const record = process.env["RECORD"] ?? "";
const missing = whatNamespacesMiss();
if (missing !== undefined) console.log(`what clients say: SKIPPED, since ${missing}`);

/** The Node of the matrix, whose words do not change with the Node that runs this. */
const pinned = JSON.parse(readFileSync(join(import.meta.dirname, "../matrix/versions.json"), "utf8")) as {
  node: string;
};
const cached = join(
  process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"),
  `sallyport-ci/${pinned.node}/node_modules/node-linux-${process.arch}/bin/node`,
);
const claude = claudeProgram();
const found = {
  node: existsSync(cached) ? cached : process.execPath,
  claude: "path" in claude ? claude.path : undefined,
};

type Cells = Parameters<typeof recordPrograms>[0]["cells"];

/** Of each scene those that most people have, unless they only hang there; and Claude Code once in each stage: it takes a second each time. */
function some(recorded: Recorded): Cells {
  const stages = new Set<string>();
  return recorded.scenes.flatMap((scene) => {
    const { said } = scene;
    if (said === undefined) return [];
    const { stage } = faultCodes[scene.code];
    const claudes = stages.has(stage) || !("path" in claude) ? [] : ["Claude Code"];
    stages.add(stage);
    const names = ["curl -v", "Node fetch", "openssl s_client", ...claudes];
    const ending = names.filter((name) => {
      const cell = said[name];
      return cell !== undefined && "lines" in cell && cell.status !== null;
    });
    return [[titleOf(scene), ending]];
  });
}

/** What was recorded before stays for programs that did not run now, in scenes that are there still. */
function together(before: Recorded | undefined, now: Recorded, run: readonly string[]): Recorded {
  const kept = new Map(before?.scenes.map((scene) => [titleOf(scene), scene.said ?? {}]));
  const order = programs.map(({ name }) => name);
  return {
    versions: Object.fromEntries(
      order.flatMap((name) => {
        const version = (run.includes(name) ? now : before)?.versions[name];
        return version === undefined ? [] : [[name, version]];
      }),
    ),
    scenes: now.scenes.map((scene) => {
      if (scene.said === undefined) return scene;
      const said = { ...kept.get(titleOf(scene)), ...scene.said };
      return {
        ...scene,
        said: Object.fromEntries(order.flatMap((name) => (said[name] === undefined ? [] : [[name, said[name]]]))),
      };
    }),
  };
}

/** How the end of a connection is told. */
const ofTheEnd =
  /ECONNRESET|EPIPE|EPROTO|errno|\beof\b|Broken pipe|(?:clos|terminat|hang|dropp|reset|not connected|certificate required|request is invalid|empty reply)/i;

/** A key that is opened with the wrong password is noise: by which of its bytes OpenSSL notices that is chance. */
const ofAWrongPassword = /maybe wrong password/;

/** Both tell of a connection that ended, with a word or without: who was faster decides in which way. */
function isTold(now: Cell, was: Cell): boolean {
  if ("not" in now || "not" in was || (now.status === 0) !== (was.status === 0)) return false;
  if (ofAWrongPassword.test(spoken(was))) return now.lines.length > 0;
  return ofTheEnd.test(spoken(was)) && (now.lines.length === 0 || ofTheEnd.test(spoken(now)));
}

const catalogue = readCatalogue(readFileSync(join(import.meta.dirname, "../../docs/faults.md"), "utf8"));

function isNamed(cell: Cell, code: FaultCode): boolean {
  const text = spoken(cell);
  return text === "" || explainError(text, catalogue).some(({ entry }) => entry.code === code);
}

test.skipIf(missing !== undefined)(
  "programs say what was recorded of them",
  async () => {
    if (record !== "") {
      const run = record === "1" ? programs.map(({ name }) => name) : record.split(",");
      const now = await recordPrograms({ ...found, cells: scenes.map((scene) => [titleOf(scene), run]) });
      const before = record === "1" || !existsSync(recordedPath) ? undefined : readRecorded();
      writeFileSync(recordedPath, `${JSON.stringify(together(before, now, run), undefined, 2)}\n`);
      return;
    }
    const recorded = readRecorded();
    const again = await recordPrograms({ ...found, cells: some(recorded) });
    const told = new Map(recorded.scenes.map((scene) => [titleOf(scene), scene]));
    const others: string[] = [];
    for (const scene of again.scenes) {
      const title = titleOf(scene);
      const before = told.get(title);
      expect([title, scene.ours]).toEqual([title, before?.ours]);
      for (const [program, cell] of Object.entries(scene.said ?? {})) {
        const was = before?.said?.[program];
        const renewed = again.versions[program] !== recorded.versions[program];
        if (isDeepStrictEqual(cell, was) || (was && (renewed || isTold(cell, was)) && isNamed(cell, scene.code)))
          continue;
        others.push(`${title}, ${program}: ${JSON.stringify(cell)} instead of ${JSON.stringify(was)}`);
      }
    }
    expect(others).toEqual([]);
  },
  900_000,
);
