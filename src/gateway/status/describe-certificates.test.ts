import { describe, expect, it } from "vitest";
import { testContext, testIdentity } from "../../dial/testing/context.js";
import { parseHostPattern } from "../../policy/index.js";
import type { HostPattern } from "../../policy/types.js";
import type { CertificateStatus } from "../types.js";
import { describeCertificates } from "./describe-certificates.js";

const day = 86_400_000;
const start = Date.parse("2026-06-01T00:00:00.000Z");

function stateOf(lifeInDays: number, ageInDays: number): Pick<CertificateStatus, "state" | "daysLeft"> {
  const identity = {
    ...testIdentity("", ""),
    notBefore: new Date(start).toISOString(),
    notAfter: new Date(start + lifeInDays * day).toISOString(),
  };
  const [{ state, daysLeft } = { state: "valid" as const, daysLeft: 0 }] = describeCertificates(
    testContext({ identity }),
    start + ageInDays * day,
  );
  return { state, daysLeft };
}

describe("describeCertificates", () => {
  it.each([
    [365, 0, "valid", 365],
    [365, 350.5, "valid", 14],
    [365, 351.5, "expires-soon", 13],
    [365, 364.5, "expires-soon", 0],
    [365, 367.5, "expired", -3],
    [365, -1, "not-yet-valid", 366],
    // A certificate for a day is renewed every day: two thirds of its life it is simply valid.
    [1, 0.5, "valid", 0],
    [1, 0.7, "expires-soon", 0],
  ])("a certificate for %d days is, after %d days, %s with %d days left", (life, age, state, daysLeft) => {
    expect(stateOf(life, age)).toEqual({ state, daysLeft });
  });

  it("lists those for origins in their order with their hosts, then the one for proxies", () => {
    const hosts = ["a.example", "*.b.example:8443"].map((text) => parseHostPattern(text) as HostPattern);
    const context = testContext({
      identity: testIdentity("", "", "alice"),
      proxyIdentity: testIdentity("", "", "gate"),
    });
    const limited = { ...testIdentity("", "", "build"), hosts };
    const both = {
      ...context,
      identities: { ...context.identities, origins: [limited, ...context.identities.origins] },
    };
    expect(describeCertificates(both, start).map((row) => [row.name, row.hosts])).toEqual([
      ["build", "a.example, *.b.example:8443"],
      ["alice", "every host"],
      ["gate", "https:// proxies"],
    ]);
  });

  it("holds neither certificate nor key", () => {
    const context = testContext({ identity: testIdentity("CERT-PEM", "KEY-PEM") });
    expect(JSON.stringify(describeCertificates(context, start))).not.toMatch(/PEM/);
  });
});
