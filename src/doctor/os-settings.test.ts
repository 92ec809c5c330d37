import { expect, it } from "vitest";
import { readEnvironment, type OsProxySettings } from "../env/index.js";
import { resolvePolicy } from "../policy/index.js";
import { unusedOsSettings } from "./os-settings.js";

const gnome: OsProxySettings = {
  from: "GNOME settings",
  https: { protocol: "http", address: "proxy.corp.test:3128" },
  exceptions: ["localhost"],
};

function unused(variables: Record<string, string>): readonly object[] {
  const environment = readEnvironment({ variables: { HOME: "/nonexistent", ...variables }, osProxy: () => gnome });
  return unusedOsSettings(environment, resolvePolicy(environment));
}

it("what the operating system says otherwise than the variables is shown, with what goes before it", () => {
  const https_proxy = "http://other.corp.test:8080";
  expect(unused({ https_proxy, no_proxy: "localhost" })).toEqual([
    {
      name: "httpsProxy",
      value: "http://proxy.corp.test:3128",
      source: { kind: "system", name: "GNOME settings" },
      overriddenBy: { kind: "variable", name: "https_proxy" },
    },
  ]);
  expect(unused({ https_proxy: "http://proxy.corp.test:3128", no_proxy: "localhost" })).toEqual([]);
  // In force, and shown as such.
  expect(unused({})).toEqual([]);
});
