import { expect, it } from "vitest";
import { run } from "./support/run.js";
import { schemas } from "./support/schemas.js";

const text =
  "curl: (60) SSL certificate problem: unable to get local issuer certificate\nhttp://jane:geheim-4711@proxy";

it("explains what is passed as an argument and what is piped in, and prints nothing of it again", async () => {
  for (const ran of [await run(["explain-error", text]), await run(["explain-error"], { stdin: text })]) {
    expect([ran.exit, ran.stderr]).toEqual([0, ""]);
    expect(ran.stdout).toContain('TLS_UNTRUSTED_ISSUER (tls)  by "unable to get local issuer certificate"');
    expect(ran.stdout).toContain("get that authority's root from its administrators");
    expect(ran.stdout).not.toContain("geheim");
    expect(Math.max(...ran.stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  }
});

it("names several where one word fits several, and the command that tells which it is", async () => {
  const { stdout } = await run(["explain-error", "read ECONNRESET"]);
  expect(stdout).toMatch(/^\d faults look like this/);
  expect(stdout).toContain("sallyport doctor URL");
});

it("says under --json which phrase fitted, and where more stands", async () => {
  const ran = await run(["explain-error", "--json", text]);
  expect(schemas["explain-error"].parse(JSON.parse(ran.stdout))).toMatchObject({
    ok: true,
    matches: [
      { code: "TLS_UNTRUSTED_ISSUER", docs: expect.stringContaining("#tls_untrusted_issuer") as string },
      { code: "TLS_CHAIN_INCOMPLETE" },
      // Whose words these are by right goes before; some programs say the same of a file that they could not use.
      { code: "CA_FILE_UNREADABLE" },
      { code: "CA_FILE_INVALID" },
      { code: "TLS_INSPECTED" },
      { code: "PATH_RELATIVE" },
      { code: "CA_NOT_AN_AUTHORITY" },
    ],
  });
});

it("ends with 1 where nothing fits, and with 2 where there is no text", async () => {
  expect((await run(["explain-error", "all is well"])).exit).toBe(1);
  expect(await run(["explain-error"], { stdin: " \n" })).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining("npm install 2>&1 | sallyport explain-error") as string,
  });
});
