import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ownFolder } from "../support/own-folder.js";
import { run } from "./support/run.js";

const directory = ownFolder("chain");

const file = join(directory, "config.json");
const rule = {
  hosts: ".partner.test",
  proxy: ["http://alice:planted-a@proxy.corp.test:3128", "https://bob:planted-b@gate.partner.test:8443"],
};
writeFileSync(file, JSON.stringify({ routes: [rule], proxy: "http://proxy.corp.test:3128" }), { mode: 0o600 });
const variables = { SALLYPORT_CONFIG: file };

describe("explain, where a rule leads through two proxies", () => {
  it("names both in their order, and the rule, and no password", async () => {
    const { exit, stdout } = await run(["explain", "https://api.partner.test/"], { variables });
    expect(exit).toBe(0);
    expect(stdout).toMatch(/http:\/\/proxy\.corp\.test:3128.*https:\/\/gate\.partner\.test:8443/s);
    expect(stdout).toContain(`the rule for ".partner.test"`);
    expect(stdout).not.toContain("planted");
  });

  it("gives both as hops to a program, and one where no rule matches", async () => {
    const json = await run(["explain", "--json", "https://api.partner.test/"], { variables });
    expect(JSON.parse(json.stdout)).toMatchObject({
      route: {
        kind: "proxy",
        hops: [
          { protocol: "http", host: "proxy.corp.test", port: 3128 },
          { protocol: "https", host: "gate.partner.test", port: 8443 },
        ],
        reason: expect.stringContaining(`the rule for ".partner.test"`),
      },
    });
    const other = await run(["explain", "--json", "https://api.example.com/"], { variables });
    expect(JSON.parse(other.stdout)).toMatchObject({ route: { hops: [{ host: "proxy.corp.test" }] } });
  });
});
