import { spawnSync } from "node:child_process";
import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { builtCli } from "./support/built.js";
import { bareCurl, CaptureScene, type CaptureEnd } from "./support/capture-scene.js";
import { findProgram } from "./support/programs.js";

const missing = CaptureScene.whatIsMissing("curl", "setpriv", "bwrap");
if (missing !== undefined) console.log(`refusals of capture: SKIPPED, for want of ${missing}`);

/** The kernel's numbers: AUDIT_ARCH, unshare, clone, clone3. */
const numbers: Readonly<Record<string, readonly [number, number, number, number]>> = {
  x64: [0xc000003e, 272, 56, 435],
  arm64: [0xc00000b7, 97, 220, 435],
};

/**
 * What Docker's default filter says of namespaces: unshare, and clone for any of them, EPERM; clone3, whose flags a filter cannot see, ENOSYS.
 * https://github.com/moby/profiles/blob/main/seccomp/default.json
 */
function dockersFilter([, unshare, clone, clone3]: readonly [number, number, number, number]): Buffer {
  const [load, isEqual, hasBits, answer] = [0x20, 0x15, 0x45, 0x06];
  const program: readonly (readonly [code: number, whenTrue: number, whenFalse: number, value: number])[] = [
    [load, 0, 0, 0],
    [isEqual, 5, 0, unshare],
    [isEqual, 5, 0, clone3],
    [isEqual, 0, 2, clone],
    [load, 0, 0, 16],
    [hasBits, 1, 0, 0x7e02_0000],
    [answer, 0, 0, 0x7fff_0000],
    [answer, 0, 0, 0x0005_0001],
    [answer, 0, 0, 0x0005_0026],
  ];
  const bytes = Buffer.alloc(program.length * 8);
  for (const [index, [code, whenTrue, whenFalse, value]] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(whenTrue, index * 8 + 2);
    bytes.writeUInt8(whenFalse, index * 8 + 3);
    bytes.writeUInt32LE(value, index * 8 + 4);
  }
  return bytes;
}

const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
const isReadableByAll = (): boolean => {
  const look = [process.execPath, "-e", `fs.accessSync(${JSON.stringify(builtCli)})`];
  return spawnSync("setpriv", [...nobody.slice(1), ...look]).status === 0;
};
const shell = (script: string): string[] => ["sh", "-c", script, "sh"];

describe.skipIf(missing !== undefined)("where capture cannot be had", () => {
  let scene: CaptureScene;
  beforeAll(async () => {
    scene = await CaptureScene.open();
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  /** Nothing has begun: no command, and no connection. */
  function expectRefused({ status, stdout, stderr, astray }: CaptureEnd, reason: string, remedy: string): void {
    expect({ status, stdout, astray, asked: scene.asked }, stderr).toEqual({
      status: 2,
      stdout: "",
      astray: [],
      asked: [],
    });
    expect(stderr).toContain(reason);
    expect(stderr).toContain("[CAPTURE_UNAVAILABLE]\n");
    expect(stderr).toContain(`hint: ${remedy}`);
    expect(stderr).toContain("or leave --capture out");
  }

  test.for([
    ["root without its rights", []],
    ["an ordinary user", nobody],
  ] as const)("a seccomp filter like Docker's is named to %s", async ([, as], { skip }) => {
    const own = numbers[process.arch] ?? skip("the kernel's numbers on this processor are not known here");
    writeFileSync(scene.file("filter"), dockersFilter(own));
    if (as.length > 0 && !isReadableByAll()) skip("other users cannot read this checkout");
    const filter = scene.file("filter");
    const filtered = shell(`exec ${as.join(" ")} bwrap --dev-bind / / --cap-drop ALL --seccomp 9 "$@" 9< ${filter}`);
    const ended = await scene.capture("echo begun", { before: filtered });
    const reason =
      "a seccomp filter keeps programs from making namespaces, as in most containers (unshare: unshare failed: Operation not permitted)";
    expectRefused(ended, reason, "run it outside the container, or in one that allows it (podman; docker run");
  });

  test("a chroot, in which the kernel gives an ordinary user none, is thought of", async ({ skip }) => {
    if (!isReadableByAll()) skip("other users cannot read this checkout");
    mkdirSync(scene.file("root"), { recursive: true });
    const script = `mount --rbind / ${scene.file("root")} && exec chroot --userspec=65534:65534 ${scene.file("root")} "$@"`;
    const ended = await scene.capture("echo begun", { before: ["unshare", "--mount", ...shell(script)] });
    expectRefused(ended, "this user may make no namespaces here, as in a chroot", "run it outside of it");
  });

  test("a bound on network namespaces is named", async () => {
    const none = shell(
      `echo 0 > /proc/sys/user/max_net_namespaces && exec setpriv --inh-caps=-all --bounding-set=-sys_admin -- "$@"`,
    );
    const ended = await scene.capture("echo begun", {
      before: ["unshare", "--user", "--map-root-user", "--", ...none],
    });
    expectRefused(
      ended,
      "allows no network or mount namespaces, or no more of them",
      "have an administrator raise user.max_net_namespaces",
    );
  });

  test.each([
    ["nft", "--capture needs nft, which is not installed", "install it, as with apt install nftables"],
    ["unshare", "--capture needs unshare, which is not installed", "install it, as with apt install util-linux"],
  ])("the program %s that is missing is named, with its package", async (name, reason, remedy) => {
    const gone = ["bwrap", "--dev-bind", "/", "/", "--ro-bind", "/dev/null", realpathSync(findProgram(name) ?? "")];
    expectRefused(await scene.capture("echo begun", { before: gone }), reason, remedy);
  });
});

describe.skipIf(missing !== undefined)("capture needs none of", () => {
  let scene: CaptureScene;
  beforeAll(async () => {
    scene = await CaptureScene.open();
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  test.each([
    ["/dev/net/tun", ["bwrap", "--dev-bind", "/", "/", "--tmpfs", "/dev/net"]],
    ["a right to gain rights", ["setpriv", "--no-new-privs"]],
    ["a root that is not a chroot, for root", ["unshare", "--mount", ...shell('exec chroot / "$@"')]],
  ])("%s", async (_what, before) => {
    const { stderr, ...ended } = await scene.capture(bareCurl("plain"), { before });
    expect(ended, stderr).toEqual({ status: 0, stdout: "by the proxy\n", astray: [] });
  });
});
