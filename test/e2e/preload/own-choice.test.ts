import { describe, expect, test } from "vitest";
import { labVariables, type LabVariablesOptions } from "../../../src/lab/index.js";
import { fixture, program } from "./support/program.js";
import { standardLab } from "../../support/standard-lab.js";

const lab = await standardLab();
const own = await lab.proxy({ name: "own" });
const ownOverTls = await lab.proxy({ name: "own-over-tls", protocol: "https" });

interface Choice extends LabVariablesOptions {
  readonly proxy?: string;
  readonly url?: string;
  readonly variables?: Readonly<Record<string, string>>;
}

async function choose(what: string, { proxy = "", url = lab.mtls.url, variables, ...options }: Choice = {}) {
  const { stdout, stderr } = await program(fixture("own-choice.mjs"), [what, url, proxy], {
    variables: { ...labVariables(lab, lab.basic, options), ...variables },
  });
  return { said: JSON.parse(stdout) as Record<string, unknown>, stderr };
}

describe("a proxy that the program chose", () => {
  describe.each([own, ownOverTls])("$name", (proxy) => {
    test.each([
      "https-proxy-agent",
      "https-proxy-agent 7",
      "an undici ProxyAgent",
      "undici's EnvHttpProxyAgent",
      "CONNECT by hand",
    ])("%s is left alone", async (what) => {
      lab.log.clear();
      const { said } = await choose(what, { proxy: proxy.url, url: lab.api.url });
      expect(said).toMatchObject({ origin: "api.lab.test" });
      expect(lab.log.of(proxy.name, "connect").map(({ target }) => target)).toEqual([`api.lab.test:${lab.api.port}`]);
      expect(lab.log.of(lab.basic.name)).toEqual([]);
    });
  });

  test("https-proxy-agent 7 is left alone on its way to an address, and the second time", async () => {
    const proxy = own.url.replace("localhost", "127.0.0.1");
    const { said } = await choose("https-proxy-agent 7, twice", { proxy, url: `https://127.0.0.1:${lab.api.port}/` });
    expect(said).toMatchObject({ origin: "api.lab.test" });
    const target = `127.0.0.1:${lab.api.port}`;
    expect(lab.log.of("own", "connect").map((event) => event.target)).toEqual([target, target]);
  });

  test.each(["the absolute form by hand", "http-proxy-agent 7"])("%s is left alone", async (what) => {
    const { said } = await choose(what, { proxy: own.url, url: lab.plain.url });
    expect(said).toMatchObject({ origin: "plain.lab.test" });
    expect(lab.log.of("own", "request")).toHaveLength(1);
    expect(lab.log.of(lab.basic.name)).toEqual([]);
  });
});

describe("a proxy that the program took from the variables", () => {
  test.each(["https-proxy-agent", "https-proxy-agent 7"])(
    "%s goes out by the policy, with its certificate",
    async (what) => {
      expect((await choose(what, { proxy: lab.basic.urlWithLogin })).said).toMatchObject({
        peer: "alice",
      });
    },
  );

  test("requests by one https-proxy-agent run side by side", async () => {
    lab.api.fault = "stalled-stream";
    try {
      const { said } = await choose("https-proxy-agent, side by side", {
        proxy: lab.basic.urlWithLogin,
        url: lab.api.url,
      });
      expect(said).toEqual({ heads: [200, 200] });
    } finally {
      lab.api.fault = undefined;
    }
  });

  test("CONNECT by hand goes the policy's way, and TLS on it shows the policy's certificate", async () => {
    for (const proxy of [lab.basic, lab.overTls, lab.socks]) {
      lab.log.clear();
      // A program that knows HTTP proxies alone takes every one for that.
      const url = `http://localhost:${proxy.port}`;
      const { stdout } = await program(fixture("own-choice.mjs"), ["CONNECT by hand", lab.mtls.url, url], {
        variables: labVariables(lab, proxy),
      });
      expect(JSON.parse(stdout)).toMatchObject({ peer: "alice" });
      expect(lab.log.of(proxy.name, "connect").map(({ status }) => status)).toEqual([proxy === lab.socks ? 0 : 200]);
    }
  });

  test("a CONNECT by hand that the proxy refuses fails with the fault", async () => {
    lab.basic.fault = { kind: "status", status: 403 };
    try {
      const { said } = await choose("CONNECT by hand", { proxy: lab.basic.url });
      expect(said).toMatchObject({ code: "PROXY_FORBIDDEN" });
    } finally {
      lab.basic.fault = undefined;
    }
  });

  test.each(["the absolute form by hand", "http-proxy-agent 7"])(
    "%s: the absolute form is undone, and the login goes to the proxy as the policy has it",
    async (what) => {
      const { said } = await choose(what, { proxy: lab.basic.url, url: lab.plain.url });
      expect(said).toMatchObject({ origin: "plain.lab.test", url: "/" });
    },
  );
});

describe("TLS as the program wants it", () => {
  test.each(["an authority of its own", "an agent with an authority of its own"])("%s counts alone", async (what) => {
    const good = await choose(what, { trust: false, variables: { OWN_CA: lab.files.rootCa } });
    expect(good.said).toMatchObject({ peer: "alice" });
    const bad = await choose(what, { variables: { OWN_CA: lab.files.otherCa } });
    expect(bad.said).toMatchObject({ code: expect.stringMatching(/CERT|SIGNATURE|ISSUER/) });
    expect(lab.log.of(lab.mtls.name, "request")).toHaveLength(1);
  });

  test("a certificate of its own is the one that is shown", async () => {
    const { client, expiredClient } = lab.files;
    const variables = { OWN_CERT: client.cert, OWN_KEY: client.key };
    const good = await choose("a certificate of its own", { clientCertificate: false, variables });
    expect(good.said).toMatchObject({ peer: "alice" });
    const other = { OWN_CERT: expiredClient.cert, OWN_KEY: expiredClient.key };
    await choose("a certificate of its own", { variables: other });
    expect(lab.log.of(lab.mtls.name, "request")).toHaveLength(1);
  });

  test.each(["no verification", "an agent without verification"])(
    "%s is not to be had, and the program's user is told so once",
    async (what) => {
      const { said, stderr } = await choose(what, { url: lab.api.url, trust: false });
      expect(said["code"]).toMatch(/CERT|SIGNATURE|ISSUER/);
      expect(stderr.match(/rejectUnauthorized: false/g)).toHaveLength(1);
      expect(lab.log.of(lab.api.name, "request")).toEqual([]);
      expect((await choose(what, { url: lab.api.url })).said).toMatchObject({ origin: "api.lab.test" });
    },
  );

  test("NODE_TLS_REJECT_UNAUTHORIZED=0 turns nothing off", async () => {
    const { said } = await choose("NODE_TLS_REJECT_UNAUTHORIZED=0", {
      url: lab.api.url,
      trust: false,
      variables: { NODE_TLS_REJECT_UNAUTHORIZED: "0" },
    });
    expect(said["code"]).toBeDefined();
    expect(lab.log.of(lab.api.name, "request")).toEqual([]);
  });
});
