import { expect, test } from "vitest";
import { missingVariables } from "./inheritance.js";

const ours = {
  HTTPS_PROXY: "http://proxy.test",
  no_proxy: "a.test",
  NODE_EXTRA_CA_CERTS: "/ca.pem",
  SALLYPORT_RUN: "/run.json",
  CLAUDE_CODE_CLIENT_CERT: "/client.pem",
  ANTHROPIC_API_KEY: "secret",
  HOME: "/home/alice",
  SALLYPORT_CONFIG: undefined,
};

test("an environment that says nothing of the network gets all of it, and nothing else", () => {
  expect(Object.fromEntries(missingVariables({ PATH: "/bin" }, ours, { prefix: "SALLYPORT", windows: false }))).toEqual(
    {
      HTTPS_PROXY: "http://proxy.test",
      no_proxy: "a.test",
      NODE_EXTRA_CA_CERTS: "/ca.pem",
      SALLYPORT_RUN: "/run.json",
      CLAUDE_CODE_CLIENT_CERT: "/client.pem",
    },
  );
});

test.each([{ http_proxy: "http://other.test" }, { HTTPS_PROXY: "" }])(
  "an environment that says anything of proxies (%o) has decided on them",
  (given) => {
    const added = missingVariables(given, ours, { prefix: "SALLYPORT", windows: false }).map(([name]) => name);
    expect(added).toEqual(["NODE_EXTRA_CA_CERTS", "SALLYPORT_RUN", "CLAUDE_CODE_CLIENT_CERT"]);
  },
);

test("on Windows, names are the same in any case", () => {
  expect(
    missingVariables({ node_extra_ca_certs: "/own.pem" }, ours, { prefix: "SALLYPORT", windows: true }).map(
      ([name]) => name,
    ),
  ).not.toContain("NODE_EXTRA_CA_CERTS");
  expect(
    missingVariables({ node_extra_ca_certs: "/own.pem" }, ours, { prefix: "SALLYPORT", windows: false }).map(
      ([name]) => name,
    ),
  ).toContain("NODE_EXTRA_CA_CERTS");
});

test("the settings of a tool with a prefix of its own are passed on, and nothing else of it", () => {
  const settings = { MYTOOL_CLIENT_CERT: "/a.pem", MYTOOL_PROXY_CLIENT_PFX: "/b.p12", MYTOOL_CONFIG: "/c.json" };
  const tool = { ...settings, MYTOOL_TOKEN: "x" };
  const added = missingVariables({}, tool, { prefix: "MYTOOL", windows: false });
  expect(added).toEqual(Object.entries(settings));
});
