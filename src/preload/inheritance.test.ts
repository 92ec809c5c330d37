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
  expect(Object.fromEntries(missingVariables({ PATH: "/bin" }, ours, false))).toEqual({
    HTTPS_PROXY: "http://proxy.test",
    no_proxy: "a.test",
    NODE_EXTRA_CA_CERTS: "/ca.pem",
    SALLYPORT_RUN: "/run.json",
    CLAUDE_CODE_CLIENT_CERT: "/client.pem",
  });
});

test.each([{ http_proxy: "http://other.test" }, { HTTPS_PROXY: "" }])(
  "an environment that says anything of proxies (%o) has decided on them",
  (given) => {
    const added = missingVariables(given, ours, false).map(([name]) => name);
    expect(added).toEqual(["NODE_EXTRA_CA_CERTS", "SALLYPORT_RUN", "CLAUDE_CODE_CLIENT_CERT"]);
  },
);

test("on Windows, names are the same in any case", () => {
  expect(missingVariables({ node_extra_ca_certs: "/own.pem" }, ours, true).map(([name]) => name)).not.toContain(
    "NODE_EXTRA_CA_CERTS",
  );
  expect(missingVariables({ node_extra_ca_certs: "/own.pem" }, ours, false).map(([name]) => name)).toContain(
    "NODE_EXTRA_CA_CERTS",
  );
});
