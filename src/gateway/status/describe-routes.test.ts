import { describe, expect, it } from "vitest";
import { resolvePolicy } from "../../policy/index.js";
import { configFile, snapshotOf, userPath } from "../../policy/testing/snapshot.js";
import { selectRoute } from "../../route/index.js";
import { describeRoutes } from "./describe-routes.js";

const describeWith = (variables: Record<string, string>, config?: unknown): string[] =>
  describeRoutes(
    resolvePolicy(snapshotOf(variables, config === undefined ? {} : { configFiles: [configFile(config)] })),
  ).map(({ hosts, way, source }) => `${hosts} | ${way} | ${source}`);

describe("describeRoutes", () => {
  it("says that all goes direct where no proxy is set, and that NO_PROXY then decides nothing", () => {
    expect(describeWith({ NO_PROXY: "a.example" })).toEqual(["every host | direct | no proxy is set"]);
  });

  it("lists the exceptions of a proxy before the proxy", () => {
    expect(
      describeWith({ HTTPS_PROXY: "http://p:3128", http_proxy: "http://q", NO_PROXY: ".corp, 10.0.0.0/8" }),
    ).toEqual([
      ".corp | direct | NO_PROXY",
      "10.0.0.0/8 | direct | NO_PROXY",
      "loopback and link-local addresses | direct | always direct",
      "every other https host | http://p:3128 | HTTPS_PROXY",
      "every other http host | http://q:80 | http_proxy",
    ]);
  });

  it("says once what holds for https and http alike", () => {
    expect(describeWith({ ALL_PROXY: "socks5h://s:1080" })).toEqual([
      "loopback and link-local addresses | direct | always direct",
      "every other host | socks5h://s:1080 | ALL_PROXY",
    ]);
  });

  it("says that the scheme without a proxy goes direct", () => {
    expect(describeWith({ HTTPS_PROXY: "http://p:3128" }).at(-1)).toBe(
      "every other http host | direct | no proxy is set",
    );
  });

  it("knows no exception where <-loopback> takes the last one away", () => {
    expect(describeWith({ ALL_PROXY: "http://p:1", NO_PROXY: "<-loopback>" })).toEqual([
      "every host | http://p:1 | ALL_PROXY",
    ]);
  });

  it("puts the rules of a config file first, since they win", () => {
    const rules = [
      { hosts: ["a.example", "*.b.example"], proxy: "http://r:8080" },
      { hosts: ["c.example"], proxy: "direct" },
    ];
    expect(describeWith({}, { routes: rules })).toEqual([
      `a.example, *.b.example | http://r:8080 | /routes/0 in ${userPath}`,
      `c.example | direct | /routes/1 in ${userPath}`,
      "every other host | direct | no proxy is set",
    ]);
  });

  it("agrees with selectRoute on which row decides", () => {
    const policy = resolvePolicy(snapshotOf({ HTTPS_PROXY: "http://p:3128", NO_PROXY: ".corp" }));
    const sourceFor = (url: string): string => selectRoute(policy, url).reason;
    const rows = describeRoutes(policy);
    expect(sourceFor("https://x.corp/")).toContain(rows[0]?.source);
    expect(sourceFor("https://other.example/")).toContain(rows.find(({ way }) => way !== "direct")?.source);
    expect(sourceFor("http://other.example/")).toBe(rows.at(-1)?.source);
  });

  it("shows no login, and no address that holds one", () => {
    const rows = describeWith({
      HTTPS_PROXY: "http://alice:hunter2@p:3128",
      http_proxy: "pac+http://h/p.pac?key=hunter2",
    }).join("\n");
    expect(rows).toContain("http://***@p:3128");
    expect(rows).toContain("the proxy that http://h/p.pac");
    expect(rows).not.toMatch(/hunter2|alice/);
  });

  it("says of a proxy that cannot be used that nothing goes there", () => {
    expect(describeWith({ HTTPS_PROXY: "ftp://p" }).find((row) => row.includes("https host"))).toMatch(
      /nowhere: HTTPS_PROXY/,
    );
  });
});
