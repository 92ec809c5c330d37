import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { faultCodes, type FaultCode } from "../../../src/base/codes.js";
import { diagnose } from "../../../src/doctor/diagnose.js";
import { openForDiagnosis } from "../../../src/doctor/open.js";
import type { Report } from "../../../src/doctor/types.js";
import { startLab, type Lab } from "../../../src/lab/index.js";
import { ask, optionsOf } from "./support/ask.js";
import { elsewhere } from "./support/elsewhere.js";
import { cataloguePage } from "./support/page.js";
import { Place, sayers, type Scene, type Setting } from "./support/scene.js";
import { scenes } from "./support/scenes.js";

/**
 * Each code that settings or a network path can give, made in the lab: the doctor names it and no other, and so does everything that a
 * program holds. What the remedy says is done then, and the doctor finds nothing any more.
 */

let lab: Lab;
beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab.close());

const look = async (setting: Setting): Promise<Report> =>
  diagnose(await openForDiagnosis(optionsOf(lab, setting)), [setting.url], { probes: setting.probes ?? [] });

const severityOf = ({ code, severity }: Scene): "error" | "warning" => severity ?? faultCodes[code].severity;

describe.each(scenes.map((scene) => [`${scene.code}: ${scene.how}`, scene] as const))("%s", (_title, scene) => {
  const { code, hop = "local", stage = faultCodes[code].stage, otherwise = {} } = scene;
  const isWarning = severityOf(scene) === "warning";

  test("the doctor names it, whose it is, and what to do; done, all is well", async () => {
    await using place = new Place(lab);
    const setting = await scene.make(place);
    const report = await look(setting);
    const [found, others] = isWarning ? [report.warnings, report.faults] : [report.faults, report.warnings];
    expect([...found, ...others].map((fault) => fault.code)).toEqual([code]);
    expect([found[0]?.stage, found[0]?.hop]).toEqual([stage, hop]);
    expect(found[0]?.remedy).toMatch(/\S{3}/);
    if (scene.mend === undefined) return;
    const after = await look(await scene.mend(found[0]?.remedy ?? "", setting, place));
    expect([...after.faults, ...after.warnings].map((fault) => `${fault.code}: ${fault.message}`)).toEqual([]);
    expect(after.ok).toBe(true);
  });

  test.each(sayers.filter((sayer) => sayer !== "doctor"))("%s says the same", async (sayer) => {
    await using place = new Place(lab);
    const said = await ask(sayer, lab, await scene.make(place));
    const expected = otherwise[sayer] ?? code;
    const warned = isWarning && otherwise[sayer] === undefined;
    expect(said).toEqual({
      thrown: warned || expected === "-" ? undefined : expected,
      warned: warned ? [code] : [],
    });
  });
});

test("each code has a scene, or a reason why it has none here", () => {
  const made = new Set<string>(scenes.map(({ code }) => code));
  const reasons = new Set<string>(Object.keys(elsewhere));
  const codes = Object.keys(faultCodes) as FaultCode[];
  expect(codes.filter((code) => !made.has(code) && !reasons.has(code))).toEqual([]);
  expect([...reasons].filter((code) => made.has(code) || !codes.includes(code as FaultCode))).toEqual([]);
  expect(made.size).toBeGreaterThanOrEqual(60);
});

test("each remedy is carried out, or there is a reason why it is not", () => {
  const open = scenes.filter(({ mend, unmended }) => (mend === undefined) === (unmended === undefined));
  expect(open.map(({ code, how }) => `${code}: ${how}`)).toEqual([]);
});

test("docs/catalogue.md says so (--update writes it)", async () => {
  await expect(cataloguePage()).toMatchFileSnapshot(join(import.meta.dirname, "../../../docs/catalogue.md"));
});
