import { describe, expect, test } from "vitest";
import { readOsProxy, type OsProxySettings } from "./index.js";
import { parseGsettings } from "./gnome.js";
import { parseKioslaverc } from "./kde.js";
import { parseScutil } from "./macos.js";
import { parseInternetSettings, parseWinHttp } from "./windows.js";

const scutil = (lines: string): string => `<dictionary> {\n${lines}\n}\n`;

/** As `reg query` prints a key. */
const key = (...values: string[]): string =>
  `\r\nHKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\r\n${values.map((value) => `    ${value}\r\n`).join("")}\r\n`;

describe("macOS, as scutil --proxy prints it", () => {
  test("a proxy for each scheme, with exceptions in all spellings of macOS", () => {
    const text = scutil(`  ExceptionsList : <array> {
    0 : *.local
    1 : 169.254/16
    2 : intranet.example
  }
  ExcludeSimpleHostnames : 1
  FTPPassive : 1
  HTTPEnable : 1
  HTTPPort : 8080
  HTTPProxy : web.corp.example
  HTTPSEnable : 1
  HTTPSPort : 8443
  HTTPSProxy : secure.corp.example
  ProxyAutoConfigEnable : 0
  SOCKSEnable : 0`);
    expect(parseScutil(text)).toEqual({
      from: "macOS' network settings",
      https: { protocol: "http", address: "secure.corp.example:8443" },
      http: { protocol: "http", address: "web.corp.example:8080" },
      exceptions: ["*.local", "169.254.0.0/16", "intranet.example"],
      simpleNames: true,
    });
  });

  test("a PAC file, beside what is switched off", () => {
    const text = scutil(`  HTTPEnable : 0
  HTTPProxy : old.corp.example
  ProxyAutoConfigEnable : 1
  ProxyAutoConfigURLString : http://wpad.corp.example/proxy.pac`);
    expect(parseScutil(text)).toMatchObject({ pac: "http://wpad.corp.example/proxy.pac", exceptions: [] });
    expect(parseScutil(text)).not.toHaveProperty("http");
  });

  test("SOCKS serves what no other proxy is set for, and names are its to resolve", () => {
    const text = scutil("  SOCKSEnable : 1\n  SOCKSPort : 1080\n  SOCKSProxy : fd00::7");
    const socks = { protocol: "socks5h", address: "[fd00::7]:1080" };
    expect(parseScutil(text)).toMatchObject({ https: socks, http: socks });
  });

  test("the settings of one interface alone are not those of the machine", () => {
    const text = scutil(`  HTTPEnable : 0
  __SCOPED__ : <dictionary> {
    en5 : <dictionary> {
      HTTPEnable : 1
      HTTPPort : 3128
      HTTPProxy : other.example
    }
  }`);
    expect(parseScutil(text)).toBeUndefined();
  });

  test.each(["", scutil(""), "No proxies", scutil("  HTTPEnable : 1")])("nothing is no proxy: %j", (text) => {
    expect(parseScutil(text)).toBeUndefined();
  });
});

describe("Windows, as reg query prints it", () => {
  test("one proxy for all, with <local> and blocks by asterisks", () => {
    const text = key(
      "ProxyEnable    REG_DWORD    0x1",
      "ProxyServer    REG_SZ    proxy.corp.example:8080",
      "ProxyOverride    REG_SZ    *.corp.example;10.*;192.168.1.*;https://login.example;<local>;<-loopback>",
    );
    const proxy = { protocol: "http", address: "proxy.corp.example:8080" };
    expect(parseInternetSettings(text)).toEqual({
      from: "Windows' internet settings",
      https: proxy,
      http: proxy,
      exceptions: ["*.corp.example", "10.0.0.0/8", "192.168.1.0/24", "login.example"],
      simpleNames: true,
    });
  });

  test("a proxy for each scheme, and SOCKS of version 4 for the rest", () => {
    const text = key("ProxyEnable    REG_DWORD    0x1", "ProxyServer    REG_SZ    http=web:80;socks=gate:1080");
    expect(parseInternetSettings(text)).toMatchObject({
      http: { protocol: "http", address: "web:80" },
      https: { protocol: "socks4", address: "gate:1080" },
    });
  });

  test("what is switched off does not count, a PAC file does", () => {
    const off = ["ProxyEnable    REG_DWORD    0x0", "ProxyServer    REG_SZ    proxy.corp.example:8080"];
    expect(parseInternetSettings(key(...off))).toBeUndefined();
    expect(parseInternetSettings(key(...off, "AutoConfigURL    REG_SZ    http://pac.example/p.pac"))).toEqual({
      from: "Windows' internet settings",
      pac: "http://pac.example/p.pac",
      exceptions: [],
    });
  });

  test("WinHTTP's settings, from their bytes", () => {
    const length = (text: string): string => `${text.length.toString(16).padStart(2, "0")}000000`;
    const hex = (text: string): string => length(text) + Buffer.from(text).toString("hex");
    const text = (flags: string): string =>
      `    WinHttpSettings    REG_BINARY    2800000000000000${flags}000000${hex("proxy:3128")}${hex("*.corp;<local>")}`;
    expect(parseWinHttp(text("03"))).toMatchObject({
      from: "Windows' WinHTTP settings",
      https: { protocol: "http", address: "proxy:3128" },
      exceptions: ["*.corp"],
      simpleNames: true,
    });
    expect(parseWinHttp(text("01"))).toBeUndefined();
    expect(parseWinHttp("    WinHttpSettings    REG_BINARY    28000000000000000300")).toBeUndefined();
  });

  test.each([
    { policy: "    ProxySettingsPerUser    REG_DWORD    0x0\r\n", asked: "HKLM" },
    { policy: "", asked: "HKCU" },
  ])("whose settings count is the administrator's to say: $asked", ({ policy, asked }) => {
    const settings = readOsProxy("win32", {
      home: "C:\\Users\\alice",
      variable: () => undefined,
      run: (_file, [, queried = ""]) => {
        if (queried.includes("Policies")) return policy;
        if (!queried.startsWith(asked)) throw new Error("The system was unable to find the specified registry key");
        return key("ProxyEnable    REG_DWORD    0x1", "ProxyServer    REG_SZ    proxy:8080");
      },
    });
    expect(settings).toMatchObject({ https: { address: "proxy:8080" } });
  });
});

describe("GNOME, as gsettings list-recursively prints it", () => {
  const lines = (...more: string[]): string =>
    [
      "org.gnome.system.proxy autoconfig-url ''",
      "org.gnome.system.proxy ignore-hosts ['localhost', '127.0.0.0/8', '::1', '*.corp.example']",
      "org.gnome.system.proxy.http enabled false",
      ...more,
    ].join("\n");

  test("a proxy by hand, with a login whose password holds quotes", () => {
    const settings = parseGsettings(
      lines(
        "org.gnome.system.proxy mode 'manual'",
        "org.gnome.system.proxy.http host 'web.corp.example'",
        "org.gnome.system.proxy.http port 8080",
        "org.gnome.system.proxy.http use-authentication true",
        "org.gnome.system.proxy.http authentication-user 'alice'",
        String.raw`org.gnome.system.proxy.http authentication-password "it's \"so\""`,
        "org.gnome.system.proxy.https host 'fd00::7'",
        "org.gnome.system.proxy.https port 0",
        "org.gnome.system.proxy.socks host ''",
      ),
    );
    expect(settings).toMatchObject({
      https: { protocol: "http", address: "[fd00::7]" },
      http: { protocol: "http", address: "web.corp.example:8080", login: { username: "alice" } },
      exceptions: ["localhost", "127.0.0.0/8", "::1", "*.corp.example"],
    });
    expect(settings?.http?.login?.password.reveal()).toBe(`it's "so"`);
    expect(JSON.stringify(settings)).not.toContain("so");
  });

  test("a PAC file, or one that is looked for", () => {
    const auto = "org.gnome.system.proxy mode 'auto'";
    expect(parseGsettings(lines(auto))).toMatchObject({ detects: true });
    expect(parseGsettings(`${auto}\norg.gnome.system.proxy autoconfig-url 'http://p.example/p.pac'`)).toMatchObject({
      pac: "http://p.example/p.pac",
    });
  });

  test.each(["none", "manual"])("no proxy: mode %s and no host", (mode) => {
    expect(parseGsettings(lines(`org.gnome.system.proxy mode '${mode}'`))).toBeUndefined();
  });
});

describe("KDE, as kioslaverc has it", () => {
  const file = (...more: string[]): string =>
    ["[Other]", "ProxyType=2", "[Proxy Settings][$Version]", "[Proxy Settings]", ...more].join("\n");

  test("a proxy by hand, its port behind a blank", () => {
    const settings = parseKioslaverc(
      file(
        "ProxyType=1",
        "httpProxy=http://web.corp.example 8080",
        "httpsProxy=http://secure.corp.example:8443",
        "NoProxyFor[$e]=localhost, .corp.example",
      ),
    );
    expect(settings).toEqual({
      from: "KDE's settings",
      https: { protocol: "http", address: "secure.corp.example:8443" },
      http: { protocol: "http", address: "web.corp.example:8080" },
      exceptions: ["localhost", ".corp.example"],
    });
  });

  test("a proxy for the listed hosts alone is not taken for one for all others", () => {
    const settings = parseKioslaverc(file("ProxyType=1", "httpsProxy=p 1", "ReversedException=true"));
    expect(settings).toMatchObject({ problem: { kind: "only-for-some" } });
    expect(settings).not.toHaveProperty("https");
  });

  test.each([
    { type: "2", more: "Proxy Config Script=/home/alice/my.pac", says: { pac: "file:///home/alice/my.pac" } },
    { type: "3", more: "", says: { detects: true } },
  ])("ProxyType $type", ({ type, more, says }) => {
    expect(parseKioslaverc(file(`ProxyType=${type}`, more))).toMatchObject(says);
  });

  test.each(["0", "4", "9"])("no proxy of its own: ProxyType %s", (type) => {
    expect(parseKioslaverc(file(`ProxyType=${type}`, "httpProxy=p 1"))).toBeUndefined();
  });

  test("the user's file counts before the system's, and is found where XDG says", () => {
    const files: Readonly<Record<string, string>> = {
      "/etc/xdg/kioslaverc": file("ProxyType=1", "httpsProxy=system 1"),
    };
    const read = (more: Readonly<Record<string, string>>): OsProxySettings | undefined =>
      readOsProxy("linux", {
        home: "/home/alice",
        variable: (name) => ({ XDG_CURRENT_DESKTOP: "KDE" })[name],
        readFile: (path) => {
          const text = { ...files, ...more }[path];
          if (text === undefined) throw new Error("ENOENT");
          return text;
        },
      });
    expect(read({})).toMatchObject({ https: { address: "system:1" } });
    expect(read({ "/home/alice/.config/kioslaverc": file("ProxyType=1", "httpsProxy=own 2") })).toMatchObject({
      https: { address: "own:2" },
    });
  });
});

describe("a Linux", () => {
  const never = (): never => {
    throw new Error("started a program");
  };

  test("without a desktop is not asked", () => {
    expect(readOsProxy("linux", { home: "/", variable: () => undefined, run: never, readFile: never })).toBeUndefined();
  });

  test("whose program is missing or hangs says so, and nothing else", () => {
    const run = (): never => {
      throw Object.assign(new Error("spawnSync gsettings ETIMEDOUT"), { code: "ETIMEDOUT" });
    };
    const variable = (name: string): string | undefined => ({ XDG_CURRENT_DESKTOP: "ubuntu:GNOME" })[name];
    expect(readOsProxy("linux", { home: "/", variable, run })).toEqual({
      from: "the operating system",
      exceptions: [],
      problem: { kind: "command", command: "gsettings", code: "ETIMEDOUT" },
    });
  });
});
