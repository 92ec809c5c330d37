import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ConnectError } from "../base/errors.js";
import { decodeUserinfo } from "./proxy-userinfo.js";
import { formatProxy, formatProxyChoice, parsePacUrl, parseProxy } from "./proxy-url.js";
import type { ProxyServer } from "./types.js";
import { expectMade } from "../../test/support/expect-made.js";

function server(text: string): ProxyServer {
  const { choice } = parseProxy(text, "HTTPS_PROXY");
  if (choice.kind !== "server") throw choice.kind === "invalid" ? choice.fault : new Error(choice.kind);
  return choice.server;
}

const formatted = (text: string): string => formatProxy(server(text));

function fault(text: string): ConnectError {
  const { choice } = parseProxy(text, "HTTPS_PROXY");
  if (choice.kind !== "invalid") throw new Error(`${text} was read as ${formatProxyChoice(choice)}`);
  return choice.fault;
}

const login = (text: string): [string, string] => {
  const found = server(text).login;
  if (found?.password.kind !== "inline") throw new Error("no login");
  return [found.username, found.password.secret.reveal()];
};

describe("a proxy value that can be used", () => {
  it.each([
    ["proxy", "http://proxy:80"],
    ["proxy.corp.example:3128", "http://proxy.corp.example:3128"],
    ["http://proxy", "http://proxy:80"],
    ["https://proxy", "https://proxy:443"],
    ["socks5://proxy", "socks5://proxy:1080"],
    ["socks5h://proxy", "socks5h://proxy:1080"],
    ["socks4://proxy", "socks4://proxy:1080"],
    ["socks4a://proxy:9050", "socks4a://proxy:9050"],
    ["HTTP://Proxy.Corp.Example.:3128", "http://proxy.corp.example:3128"],
    ["http://proxy:3128/", "http://proxy:3128"],
    ["http://proxy:3128/some/path?and#more", "http://proxy:3128"],
    [" http://proxy:3128\r\n", "http://proxy:3128"],
    ["http://10.0.0.1:3128", "http://10.0.0.1:3128"],
    ["http://[::1]:3128", "http://[::1]:3128"],
    ["http://[2001:DB8:0::1]", "http://[2001:db8::1]:80"],
    ["[::1]:3128", "http://[::1]:3128"],
    ["http://::1", "http://[::1]:80"],
    ["http://fe80::abcd", "http://[fe80::abcd]:80"],
    ["1:2:3:4:5:6:7:8:3128", "http://[1:2:3:4:5:6:7:8]:3128"],
    ["http://bücher.example:80", "http://xn--bcher-kva.example:80"],
    ["http://@proxy:1", "http://proxy:1"],
    ["socks5:1080", "http://socks5:1080"],
  ])("%j is %s", expectMade(formatted));

  it.each(
    Object.entries({
      "http://user:pass@proxy:1": ["user", "pass"],
      "user:pass@proxy:1": ["user", "pass"],
      "http://user@proxy": ["user", ""],
      "http://user:@proxy": ["user", ""],
      "http://:pass@proxy": ["", "pass"],
      "http://user:p@ss@proxy:1": ["user", "p@ss"],
      "http://user:p%40ss@proxy:1": ["user", "p@ss"],
      "http://user:p:s:s@proxy:1": ["user", "p:s:s"],
      "http://user:50%@proxy:1": ["user", "50%"],
      "http://user:%zz%4@proxy:1": ["user", "%zz%4"],
      "http://user:pa#ss@proxy:1": ["user", "pa#ss"],
      "http://user:pa/ss@proxy:1": ["user", "pa/ss"],
      "http://user:pa?ss@proxy:1/path": ["user", "pa?ss"],
      "http://CORP\\user:pass@proxy:1": ["CORP\\user", "pass"],
      "http://user:p%C3%A4ss@proxy:1": ["user", "päss"],
      "http://user:p%E4ss@proxy:1": ["user", "päss"],
      "http://user:päss@proxy:1": ["user", "päss"],
      "http://user%3Aname:pass@proxy:1": ["user:name", "pass"],
      "http://user:$HOME@proxy:1": ["user", "$HOME"],
    }),
  )("%s holds the login %j", (text, userAndPassword) => {
    expect(login(text)).toEqual(userAndPassword);
  });

  it("is shown with *** in place of its login, the user name included", () => {
    expect(formatted("http://token:secret@proxy:1")).toBe("http://***@proxy:1");
  });

  it("is read without quotes round it, with a warning, since other programs keep them", () => {
    const { choice, warnings } = parseProxy(`"http://proxy:3128"`, "HTTPS_PROXY");
    expect(formatProxyChoice(choice)).toBe("http://proxy:3128");
    expect(warnings).toMatchObject([
      {
        code: "PROXY_URL_INVALID",
        severity: "warning",
        message: expect.stringContaining("HTTPS_PROXY is wrapped in quotes") as string,
      },
    ]);
  });

  it.each(["pac+http://wpad/proxy.pac", "PAC+https://wpad/proxy.pac", "pac+file:///etc/proxy.pac"])(
    "%s is a PAC file",
    (text) => {
      expect(parseProxy(text, "HTTPS_PROXY").choice).toEqual({ kind: "pac", url: text.slice(4) });
    },
  );

  it("that names a PAC file is shown without what its URL may hide", () => {
    expect(formatProxyChoice(parseProxy("pac+http://u:hunter2@wpad/p.pac?token=hunter3", "x").choice)).toBe(
      "pac+http://***@wpad/p.pac?…",
    );
  });
});

describe("a proxy value that cannot be used says what to write instead", () => {
  function expectFault(text: string, message: string, remedy: string): void {
    const found = fault(text);
    expect(found).toMatchObject({ code: "PROXY_URL_INVALID", severity: "error", hop: "local", stage: "config" });
    expect(found.message).toContain(message);
    expect(found.message).toMatch(/^HTTPS_PROXY /);
    expect(found.remedy).toContain(remedy);
    expect(found.message + found.remedy).not.toContain("secret");
  }

  /** What is said of each value, and what to write instead of it. */
  const mistakes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    "HTTPS_PROXY has port 99999, which is outside 1-65535": { "http://proxy:99999": "8080 and 3128" },
    "has port 0": { "http://proxy:0": "8080" },
    "port that is not a number": { "http://proxy:abc": "host:port" },
    "ends in a colon without a port": { "http://proxy:": "add the port" },
    "names no host": {
      "http://": "http://host:port",
      "https://": "https://host:port",
      "http://user:pass@": "http://host:port",
    },
    "names no host before the port": { "http://:3128": "http://host:port" },
    "contains white space": { "http://my proxy:80": "without spaces", "http://user:my pass@proxy:80": "%20" },
    'lacks "://" after http': {
      "http:10.0.0.1:3128": "http://host:port",
      "http:/10.0.0.1:3128": "http://host:port",
      "http:proxy:3128": "http://host:port",
      "http//proxy:3128": "http://host:port",
    },
    "backslashes after http": {
      "http:\\\\proxy:3128": "http://host:port",
      "http:\\u:secret@proxy:3128": "http://host:port",
    },
    "too many slashes after http": { "http:///proxy:3128": "http://host:port" },
    "two schemes": {
      "http://http://proxy:3128": "with one, as http://host:port",
      "http://https://u:secret@proxy:3128": "with one, as https://host:port",
    },
    "is empty except for quotes": { '""': "unset it", "''": "unset it" },
    "is the address of a PAC file": {
      "http://wpad/proxy.pac": "follows PROXY in that file",
      "http://wpad.corp.example:8080/wpad.dat": "pac+http://",
      "https://u:secret@cfg.corp.example/a/b.pac?x=1": "http://host:port",
    },
    "like the answer of a PAC file": {
      "PROXY proxy.corp:8080": "write it as http://proxy.corp:8080",
      "SOCKS5 proxy:1080; DIRECT": "name one proxy only, as socks5h://proxy:1080",
      "PROXY u:secret@proxy:8080": "write it as http://host:port",
    },
    "is a list in the Windows format": { "http=a:1;https=b:2": "settings of their own" },
    'lacks "://" after https': { "https:/proxy:3128": "https://host:port" },
    'two ways, since a "/" comes before the last "@"': {
      "http://user:12/34@proxy:80": '"/" in the user name or password as %2F',
    },
    "IPv6 address without brackets": {
      "http://::1:3128": "http://[::1]:3128, or as http://[::1:3128]",
      "https://2001:db8::1:3128": "https://[2001:db8::1]:3128",
    },
    "no valid IPv6 address between its brackets": {
      "http://[::1": "http://[::1]:3128",
      "http://[proxy]:80": "http://[::1]:3128",
    },
    "too many colons": { "http://user:pass:proxy:80": "user:password@host:port" },
    "variable that was not expanded": { "http://${PROXY_HOST}:80": "host itself" },
    placeholder: { "http://<proxy>:80": "host itself" },
    "a number instead of a host": { "http://3128": "full IPv4 address", "http://10.0.0:80": "full IPv4 address" },
    "not a valid name or address": { "http://-proxy:80": "http://host:port" },
    "is not a valid URL of a PAC file": { "pac+http://": "http://host/proxy.pac" },
  };

  describe.each(Object.entries(mistakes))("%s", (message, values) => {
    it.each(Object.entries(values))("%s", (text, remedy) => {
      expectFault(text, message, remedy);
    });
  });

  it.each([
    "http://a:1 http://b:2",
    "http://a:1,http://b:2",
    "http://u:p@a:1; http://u:p@b:2",
    "http://a:1;b:2",
    "a:1 b:2",
    "a:1,b",
    "a,b:1",
  ])("%s, which is more than one proxy", (text) => {
    expectFault(text, "more than one proxy", "one proxy only");
  });

  it.each([
    ["http://undefined:undefined", "undefined"],
    ["http://null:8080", "null"],
    ["http://u:secret@None:8080", "None"],
  ])("%s, whose host is the word %s", (text, word) => {
    expectFault(text, `has "${word}" instead of a host`, "host itself");
  });

  it.each([
    ["http://user:12#34@proxy:80", "#"],
    ["http://user:99999/34@proxy:80", "/"],
    ["http://user:/34@proxy:80", "/"],
    ["http://user?x@proxy:80", "?"],
    ["http://a@b/c@proxy:80", "/"],
  ])("%s, which has a %s where it can mean two things", (text, sign) => {
    expectFault(text, `a "${sign}" comes`, encodeURIComponent(sign));
  });

  it.each(["none", "None", "undefined", "null", "DIRECT", "direct", "false", "off", "no", "disabled", "true"])(
    "%s, which is a word",
    (word) => {
      const remedy = "unset it if you want no proxy, or set NO_PROXY=*";
      expectFault(word, `says "${word}", which is not a proxy`, remedy);
    },
  );

  it.each([
    ["ftp://proxy:1", "supported schemes: http, https, socks5, socks5h, socks4, socks4a, and pac+http"],
    ["htpp://proxy:1", "did you mean http://?"],
    ["socks://proxy:1", "did you mean socks5h://?"],
    ["sock5://proxy:1", "did you mean socks5://?"],
    ["pac+ftp://proxy/x", "did you mean pac+http://?"],
    ["ws://proxy", "supported schemes:"],
  ])("%s, whose scheme is unknown", (text, remedy) => {
    expect(fault(text)).toMatchObject({
      code: "PROXY_SCHEME_UNSUPPORTED",
      message: `HTTPS_PROXY has the scheme ${text.replace(/proxy.*/, "")}, which is not supported`,
    });
    expect(fault(text).remedy).toContain(remedy);
  });
});

describe("what might be mistaken for one of these is read as it is meant", () => {
  it.each([
    ["http://none.corp.example:1", "http://none.corp.example:1"],
    ["http:8080", "http://http:8080"],
    ["http://proxy:1/x.html", "http://proxy:1"],
    ["http://direct:1", "http://direct:1"],
  ])("%s", expectMade(formatted));

  it.each(["none:3128x@proxy:1", "http://u:a,b;c|d@proxy:1", "http://u:x.pac@proxy:1", "http://u:http=x@proxy:1"])(
    "%s, which has a login",
    (text) => {
      expect(formatted(text)).toBe("http://***@proxy:1");
    },
  );
});

describe("a list in Windows' form", () => {
  const read = (text: string, target: "https" | "http") => {
    const { choice, warnings } = parseProxy(text, "HTTPS_PROXY", target);
    const told =
      choice.kind === "invalid" ? choice.fault.message.replace("HTTPS_PROXY ", "") : formatProxyChoice(choice);
    return [told, warnings.length] as const;
  };

  it.each(
    Object.entries({
      "http=a:1;https=b:2": { https: "http://b:2", http: "http://a:1" },
      "https=b:2;http=a:1;ftp=c:3;socks=d:4": { https: "http://b:2", http: "http://a:1" },
      "HTTP=a:1 HTTPS=b": { https: "http://b:80", http: "http://a:1" },
      "http=a:1;other:9;": { https: "http://other:9", http: "http://a:1" },
      "other:9; https=https://b:2": { https: "https://b:2", http: "http://other:9" },
      "ftp=c:3;socks=d:4": { https: "socks4://d:4", http: "socks4://d:4" },
      "socks=socks5h://d": { https: "socks5h://d:1080", http: "socks5h://d:1080" },
      "http=u:p@a:1;https=u:p@[::1]:2": { https: "http://***@[::1]:2", http: "http://***@a:1" },
    }),
  )("%s is read for its target, with a warning", (text, { https, http }) => {
    expect(read(text, "https")).toEqual([https, 1]);
    expect(read(text, "http")).toEqual([http, 1]);
  });

  it("says how it was read", () => {
    expect(parseProxy('"http=a:1;https=u:secret@b:2"', "HTTPS_PROXY", "https").warnings).toMatchObject([
      { severity: "warning", message: expect.stringContaining("quotes") as string },
      {
        severity: "warning",
        message:
          "HTTPS_PROXY is a list in the Windows format, which other programs cannot read; for https its https= applies: http://***@b:2",
      },
    ]);
  });

  it.each([
    ["http=a:1", "https"],
    ["ftp=a:1", "http"],
  ] as const)("%s is no way to go direct for %s", (text, target) => {
    expect(read(text, target)).toEqual([`is a list in the Windows format, and names no proxy for ${target}`, 0]);
  });

  it.each([
    ["https=a:1;https=b:2", "is a list in the Windows format that names more than one proxy for https"],
    ["https=a:99999", "has port 99999, which is outside 1-65535"],
    ["https=DIRECT", 'says "DIRECT", which is not a proxy'],
  ])("%s is no way to go direct either", (text, problem) => {
    expect(read(text, "https")).toEqual([problem, 0]);
  });
});

describe("the URL of a PAC file", () => {
  it.each(["http://wpad/proxy.pac", "https://wpad/proxy.pac", "file:///etc/proxy.pac", "pac+http://wpad/proxy.pac"])(
    "may be %s",
    (text) => {
      expect(parsePacUrl(text, "SALLYPORT_PAC_URL")).toEqual({ kind: "pac", url: text.replace("pac+", "") });
    },
  );
  it.each(["proxy.pac", "/etc/proxy.pac", "ftp://wpad/proxy.pac", ""])("cannot be %j", (text) => {
    expect(parsePacUrl(text, "SALLYPORT_PAC_URL")).toMatchObject({
      kind: "invalid",
      fault: { code: "PROXY_URL_INVALID" },
    });
  });
});

describe("for every string", () => {
  const secret = "S3cr3tPassw0rd";
  const rubbish = fc.string({
    unit: fc.constantFrom(...":/@#?%[]\\ .,;$<>{}\"'-_+0123456789abhtpsocks".split(""), "é", "\n", "\0", "://", "http"),
    maxLength: 30,
  });

  it("the parser gives a choice, and its fault has one line each of cause and remedy", () => {
    fc.assert(
      fc.property(fc.oneof(rubbish, fc.string({ unit: "binary" })), (text) => {
        const { choice } = parseProxy(text, "HTTPS_PROXY");
        const lines =
          choice.kind === "invalid" ? [choice.fault.message, choice.fault.remedy] : [formatProxyChoice(choice)];
        for (const line of lines) expect(line).toMatch(/^[^\n\r]+$/);
      }),
      { numRuns: 3000 },
    );
  });

  it("what it accepts has a host and a port that a URL can hold", () => {
    fc.assert(
      fc.property(rubbish, (text) => {
        const { choice } = parseProxy(text, "HTTPS_PROXY");
        if (choice.kind !== "server") return;
        const url = new URL(formatProxy({ ...choice.server, protocol: "http" }));
        expect(url.hostname.replace(/[[\]]/g, "")).toBe(choice.server.host);
        expect(url.port || "80").toBe(String(choice.server.port));
      }),
      { numRuns: 3000 },
    );
  });

  it("a password is in nothing that is shown, wherever it stands in the login and whatever is round it", () => {
    const scheme = fc.constantFrom("http://", "https://", "socks5h://", "ftp://", "");
    const tail = fc.constantFrom(
      "@proxy:80",
      "@proxy:99999",
      "@",
      "@proxy:abc",
      "@::1:80",
      "@[::1",
      "@$X",
      "",
      ":proxy:80",
    );
    fc.assert(
      fc.property(scheme, rubbish, rubbish, tail, (start, before, after, end) => {
        // A colon makes it a password; without one and without "@" it would be the host.
        const text = `${start}user:${before}${secret}${after}${end}`;
        const { choice, warnings } = parseProxy(text, "HTTPS_PROXY");
        const shown = [
          formatProxyChoice(choice),
          inspect({ choice, warnings }, { depth: 9 }),
          JSON.stringify({ choice, warnings }),
        ];
        if (choice.kind === "server" && choice.server.host.includes(secret.toLowerCase())) return;
        for (const line of shown) expect(line.toLowerCase()).not.toContain(secret.toLowerCase());
      }),
      { numRuns: 3000 },
    );
  });

  it("a login may hold the replacement character itself", () => {
    expect(decodeUserinfo("%EF%BF%BD:%E9")).toEqual({ username: "\ufffd", password: "é" });
  });

  it("a percent-encoded login comes back as it was", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (username, password) => {
        fc.pre(username !== "" || password !== "");
        expect(login(`http://${encodeURIComponent(username)}:${encodeURIComponent(password)}@proxy:1`)).toEqual([
          username,
          password,
        ]);
      }),
    );
  });
});
