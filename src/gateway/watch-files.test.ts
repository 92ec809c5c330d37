import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readEnvironment } from "../env/index.js";
import { resolvePolicy } from "../policy/index.js";
import { FileWatch, filesOf } from "./watch-files.js";

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
    expect([...filesOf(policy)].sort()).toEqual([
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
});

describe("a watch", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function watch(files: Record<string, number>, names = (): string[] => Object.keys(files)) {
    const onChange = vi.fn<() => void>();
    const stat = (path: string) => {
      const mtimeMs = files[path];
      return mtimeMs === undefined
        ? Promise.reject(Object.assign(new Error("missing"), { code: "ENOENT" }))
        : Promise.resolve({ mtimeMs, size: 1, mode: 0o600, uid: 1, isFile: () => true, isDirectory: () => false });
    };
    return {
      onChange,
      watching: new FileWatch({ system: { stat }, files: names, loadedAt: () => 10, interval: 5000, onChange }),
    };
  }
  const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

  it("says nothing while nothing changes", async () => {
    const { onChange, watching } = watch({ "/a": 1 });
    await pass(60_000);
    expect(onChange).not.toHaveBeenCalled();
    watching.stop();
  });

  it("speaks once a change has come to rest: a key is written after its certificate", async () => {
    const files: Record<string, number> = { "/cert": 1, "/key": 1 };
    const { onChange, watching } = watch(files);
    await pass(1);
    files["/cert"] = 2;
    await pass(5000);
    files["/key"] = 2;
    await pass(1000);
    expect(onChange).not.toHaveBeenCalled();
    await pass(1000);
    expect(onChange).toHaveBeenCalledTimes(1);
    await pass(60_000);
    expect(onChange).toHaveBeenCalledTimes(1);
    watching.stop();
  });

  it("notices a file that goes away, and one that comes back", async () => {
    const files: Record<string, number> = { "/a": 1 };
    const { onChange, watching } = watch(files, () => ["/a"]);
    await pass(1);
    delete files["/a"];
    await pass(6000);
    expect(onChange).toHaveBeenCalledTimes(1);
    files["/a"] = 1;
    await pass(7000);
    expect(onChange).toHaveBeenCalledTimes(2);
    watching.stop();
  });

  it("takes a file that a reload has named as it is", async () => {
    const files: Record<string, number> = { "/a": 1 };
    const { onChange, watching } = watch(files);
    await pass(1);
    files["/b"] = 5;
    await pass(60_000);
    expect(onChange).not.toHaveBeenCalled();
    watching.stop();
  });

  it("notices a file that was written after the load had begun, and before the first look", async () => {
    const { onChange, watching } = watch({ "/a": 11 });
    await pass(6000);
    expect(onChange).toHaveBeenCalledTimes(1);
    await pass(60_000);
    expect(onChange).toHaveBeenCalledTimes(1);
    watching.stop();
  });

  it("says nothing any more once it is stopped", async () => {
    const files: Record<string, number> = { "/a": 1 };
    const { onChange, watching } = watch(files);
    await pass(1);
    watching.stop();
    files["/a"] = 2;
    await pass(60_000);
    expect(onChange).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });
});
