import { describe, expect, it } from "vitest";
import { standardLab } from "../../test/support/standard-lab.js";
import type { System } from "../base/system.js";
import { createSystem } from "../env/index.js";
import { labVariables } from "../lab/index.js";
import { diagnoseAll } from "./diagnose.js";
import { openForDiagnosis } from "./open.js";
import type { Diagnosable } from "./types.js";

const lab = await standardLab();

/** This machine, on which it is told each time that the authorities' file is read. */
function machine(onRead: () => void): System {
  const real = createSystem();
  return {
    ...real,
    readFile: (path) => {
      if (path === lab.files.bundle) onRead();
      return real.readFile(path);
    },
  };
}

const open = (system: System): Promise<Diagnosable> =>
  openForDiagnosis({
    stores: ["bundled"],
    source: { variables: { HOME: lab.directory, ...labVariables(lab, lab.basic) } },
    lookup: lab.lookup,
    system,
  });

describe("authorities that break other programs", () => {
  it("are looked for once in a run, however many programs' settings it goes through", async () => {
    let reads = 0;
    const system = machine(() => reads++);
    const [one, other] = [await open(system), await open(system)];
    reads = 0;
    const urls = ["https://api.lab.test/"];
    const report = await diagnoseAll([
      { source: one, urls },
      { source: other, urls },
    ]);
    expect(report.targets.map(({ ok }) => ok)).toEqual([true, true]);
    expect(reads).toBe(1);
  });

  it("are looked for beside the walk, which need not have ended", async () => {
    let onRead = (): void => undefined;
    const network = await open(machine(() => onRead()));
    const looked = new Promise<void>((resolve) => (onRead = resolve));
    // Nobody gets anywhere before the file was read once more.
    const source: Diagnosable = {
      ...network,
      dial: (target, options) => looked.then(() => network.dial(target, options)),
    };
    const { targets } = await diagnoseAll([{ source, urls: ["https://api.lab.test/"] }]);
    expect(targets[0]?.ok).toBe(true);
  });
});
