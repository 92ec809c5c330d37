import { expect, test } from "vitest";
import { explain } from "../../src/index.js";

const variables = {
  HOME: "/nonexistent",
  HTTPS_PROXY: "http://alice:planted@proxy.test:3128",
  NO_PROXY: "inside.test",
};
const options = { source: { variables }, stores: ["bundled"] } as const;

test("a program is told where a URL goes and why, and how other tools would read the same variables", async () => {
  const explained = await explain("https://api.example.com/v1", options);
  expect(explained.route).toMatchObject({
    kind: "proxy",
    hops: [{ protocol: "http", host: "proxy.test", port: 3128 }],
    reason: expect.stringContaining("HTTPS_PROXY") as string,
  });
  expect(explained.models.length).toBeGreaterThan(5);
  expect(JSON.stringify(explained)).not.toContain("planted");
  expect((await explain("https://a.inside.test/", options)).route.kind).toBe("direct");
});

test("what it says in code goes before its variables, as in a network", async () => {
  const { route } = await explain("https://api.example.com/", { ...options, proxy: "http://code.test:8080" });
  expect(route.hops).toMatchObject([{ host: "code.test", port: 8080 }]);
});

test("settings that cannot be used are told and stop nothing; what is not a URL is refused", async () => {
  const source = { variables: { ...variables, MYTOOL_CLIENT_CERT: "/nonexistent/alice.pem" } };
  const { warnings } = await explain("https://api.example.com/", { ...options, source, prefix: "MYTOOL" });
  expect(warnings.map(({ message }) => message).join()).toContain("MYTOOL_CLIENT_");
  await expect(explain("nonsense", options)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
});
