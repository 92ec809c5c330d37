import { describe, expect, it } from "vitest";
import { formatNoProxy, parseNoProxy } from "./no-proxy.js";

describe("an entry that matches nothing says what to write", () => {
  it.each([
    ["*example.com", "write example.com for the host and its sub-domains, or *.example.com"],
    [".*example.com", "example.com for the host"],
    ["10.*", "write 10.0.0.0/8"],
    ["192.168.*.*", "write 192.168.0.0/16"],
    ["10.1.2.*", "write 10.1.2.0/24"],
    ["10.", "write 10.0.0.0/8"],
    ["192.168", "write 192.168.0.0/16"],
    ["example.*", "write * alone"],
    [":8080", "write *:8080"],
    ["example.com:", "host:port"],
    ["example.com:99999", "host:port"],
    ["https://api.example.com/v1", "write api.example.com, without scheme"],
    ["http://api.example.com:8080/", "write api.example.com:8080"],
    ["example.com/path", "write example.com: entries name hosts"],
    ["10.0.0.0/33", "write 10.0.0.0/n with n from 0 to 32"],
    ["2001:db8::/129", "n from 0 to 128"],
    ["10.0.0.1-9", "write 10.0.0.1-10.0.0.9"],
    ["10.0.0.9-10.0.0.1", "write 10.0.0.1-10.0.0.9"],
    ["010.0.0.1", "without leading zeros"],
    ["0x7f.1", "write 127.0.0.1"],
    [".10.0.0.1", "write 10.0.0.1"],
    ["[::1", "[2001:db8::1]:port"],
    ["2001:db8::g", "2001:db8::1"],
    ['"localhost', "remove the quotes"],
    ["a.example;b.example", "with commas"],
    ["<local>", "list the domains"],
    ["$NO_PROXY_HOSTS", "host itself"],
    ["a..example", "example.com"],
  ])("%s", (entry, remedy) => {
    const { rules, warnings } = parseNoProxy(entry, "NO_PROXY");
    expect(rules.entries).toEqual([]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatchObject({ code: "NO_PROXY_ENTRY_INVALID", severity: "warning" });
    expect(warnings[0]?.message).toMatch(/^NO_PROXY: the entry ".*" .*, so it matches nothing$/);
    expect(warnings[0]?.remedy).toContain(remedy);
  });

  it("and hides a login that someone put there", () => {
    const { warnings } = parseNoProxy("http://user:hunter2@proxy:80,user:hunter2@host", "NO_PROXY");
    expect(warnings).toHaveLength(2);
    expect(JSON.stringify(warnings)).not.toContain("hunter2");
    expect(formatNoProxy("a,http://user:hunter2@proxy:80,user:hunter2@host")).toBe("a,http://***@proxy:80,***@host");
  });

  it("while the others hold", () => {
    const { rules, warnings } = parseNoProxy("good.example, *bad, 10.0.0.0/8", "NO_PROXY");
    expect(rules.entries.map(({ text }) => text)).toEqual(["good.example", "10.0.0.0/8"]);
    expect(warnings).toHaveLength(1);
  });
});

it("takes <-loopback> in any case as a switch and not as a host", () => {
  expect(parseNoProxy("a, <-LOOPBACK>", "NO_PROXY")).toMatchObject({
    rules: { proxyLoopback: true, entries: [{ text: "a" }] },
    warnings: [],
  });
  expect(parseNoProxy("a", "NO_PROXY").rules.proxyLoopback).toBe(false);
});

it("takes a list of entries as well as text", () => {
  expect(parseNoProxy(["a", "b c"], "NO_PROXY").rules.entries.map(({ text }) => text)).toEqual(["a", "b", "c"]);
});

it("an entry of any length is read in time that grows with it alone", () => {
  for (const part of ["a", "'", `"'`, "a'", ".", "1.", ":", "[", "*", "-"]) {
    const entry = `${part.repeat(300_000)}x`;
    parseNoProxy(entry, "NO_PROXY");
    // Of that length it can be no host: it is not shown.
    expect(formatNoProxy(entry)).toBe("…");
  }
});
