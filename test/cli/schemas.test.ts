import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { labVariables } from "../../src/lab/index.js";
import { run } from "./support/run.js";
import { schemas } from "./support/schemas.js";
import { standardLab } from "../support/standard-lab.js";

const lab = await standardLab();

describe("the published schemas", () => {
  for (const [name, schema] of Object.entries(schemas)) {
    it(`schema/${name}.json says what the code's own description says`, async () => {
      const text = `${JSON.stringify(z.toJSONSchema(schema), null, 2)}\n`;
      await expect(text).toMatchFileSnapshot(join(import.meta.dirname, "../../schema", `${name}.json`));
    });
  }
});

describe("what is printed under --json", () => {
  const parse = async (argv: readonly string[], variables: Readonly<Record<string, string>>): Promise<unknown> => {
    const { stdout, stderr } = await run([...argv, "--json"], { variables, lookup: lab.lookup });
    expect(stderr).toBe("");
    return JSON.parse(stdout);
  };

  it("explain follows schema/explain.json", async () => {
    const well = schemas.explain.parse(
      await parse(["explain", "https://mtls.lab.test/"], labVariables(lab, lab.strict)),
    );
    expect(well.identity?.subject).toBe("CN=alice, O=Lab");
    const ill = schemas.explain.parse(
      await parse(["explain", "http://localhost/"], { NODE_EXTRA_CA_CERTS: "/nonexistent" }),
    );
    expect(ill.warnings.map((warning) => warning.code)).toEqual(["CA_FILE_UNREADABLE"]);
  });

  it("doctor follows schema/doctor.json, whether all is well or not", async () => {
    const well = schemas.doctor.parse(await parse(["doctor", "https://mtls.lab.test/"], labVariables(lab, lab.strict)));
    expect(well.ok).toBe(true);
    const ill = schemas.doctor.parse(
      await parse(["doctor", "https://mtls.lab.test/", "https://api.lab.test/"], {
        ...labVariables(lab, lab.basic),
        HTTPS_PROXY: "ftp://x",
        NO_PROXY: "*.*",
      }),
    );
    expect(ill.ok).toBe(false);
  });

  it("fetch follows schema/fetch.json, and schema/failure.json when it fails", async () => {
    expect(
      schemas.fetch.parse(await parse(["fetch", "https://api.lab.test/echo"], labVariables(lab, lab.basic))).status,
    ).toBe(200);
    expect(schemas.failure.parse(await parse(["fetch", "https://nowhere.lab.test/"], {}))).toMatchObject({
      fault: { code: "DNS_NOT_FOUND" },
    });
    expect(schemas.failure.parse(await parse(["fetch", "--nonsense"], {}))).toMatchObject({
      fault: { code: "CONFIG_INVALID" },
    });
  });
});
