import { describe, expect, it } from "vitest";
import { readEnvironment, trustedFilePath } from "../../env/index.js";
import { resolvePolicy } from "../../policy/index.js";
import { filesOf } from "./files.js";

/** Of a user who has added no authority. */
const own = trustedFilePath({ platform: process.platform, home: "/nonexistent", variables: {} });

describe("the files of a policy", () => {
  it("are its config file, authorities, certificates, keys, and the files of its secrets, each once", () => {
    const config = {
      routes: [
        { hosts: "a.example", proxy: { url: "http://p.example", username: "u", password: { file: "/s/route" } } },
      ],
    };
    const environment = readEnvironment({
      variables: { SALLYPORT_CONFIG: "/c/config.json", NODE_EXTRA_CA_CERTS: "/ca/extra.pem" },
      home: "/nonexistent",
      readFile: (path) => {
        if (path === "/c/config.json") return { text: JSON.stringify(config) };
        throw Object.assign(new Error("missing"), { code: "ENOENT" });
      },
    });
    const policy = resolvePolicy(environment, {
      proxy: { url: "http://proxy.example", username: "u", password: { file: "/s/login" } },
      cert: "/id/alice.pem",
      key: "/id/alice.key",
      passphrase: { file: "/s/passphrase" },
      proxyPfx: "/id/proxy.pfx",
      ca: ["/ca/one.pem", "/ca/extra.pem"],
      caDirectories: "/ca/more",
    });
    expect(policy.faults).toEqual([]);
    expect([...filesOf(policy)].filter((path) => path !== own).sort()).toEqual([
      "/c/config.json",
      "/ca/extra.pem",
      "/ca/more",
      "/ca/one.pem",
      "/id/alice.key",
      "/id/alice.pem",
      "/id/proxy.pfx",
      "/s/login",
      "/s/passphrase",
      "/s/route",
    ]);
  });

  it("are the user's own authorities before there are any, so that the first one is noticed", () => {
    const policy = resolvePolicy(readEnvironment({ variables: {}, home: "/nonexistent" }));
    expect(policy.trust.files).toEqual([]);
    expect(filesOf(policy)).toEqual([own]);
  });

  it("are the system's store as well, where that is a file and counts", () => {
    const policy = (stores?: string): ReturnType<typeof resolvePolicy> =>
      resolvePolicy(
        readEnvironment({
          variables: { ...(stores !== undefined && { SALLYPORT_CERT_STORE: stores }) },
          home: "/nonexistent",
        }),
      );
    expect(filesOf(policy(), "linux")).toContain("/etc/ssl/certs/ca-certificates.crt");
    expect(filesOf(policy("bundled"), "linux")).toEqual([own]);
    expect(filesOf(policy(), "darwin")).toEqual([own]);
  });
});
