import { inspect } from "node:util";
import { afterEach, describe, expect, test, vi } from "vitest";
import { memorySystem } from "../../test/support/memory-system.js";
import { ConnectError } from "../base/errors.js";
import { Secret } from "../base/secret.js";
import { createSystem } from "../env/index.js";
import { resolveSecret } from "./resolve-secret.js";
import type { SecretRef } from "./types.js";

const command = (line: string | readonly string[]): SecretRef => ({ kind: "command", command: line });
const printing = (text: string) => memorySystem({ run: async () => text });

async function faultOf(promise: Promise<Secret>): Promise<ConnectError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ConnectError)) throw new Error("expected a ConnectError", { cause: error });
  return error;
}

afterEach(() => vi.unstubAllEnvs());

test("a command that what it does itself asks for again is not run again, and another one is", async () => {
  const tell: SecretRef = command([process.execPath, "-p", "process.env.SALLYPORT_WITHIN"]);
  const within = (await resolveSecret(tell, createSystem())).reveal();
  vi.stubEnv("SALLYPORT_WITHIN", within);
  const fault = await faultOf(resolveSecret(tell, createSystem(), { setting: "the proxy's password" }));
  expect(fault.code).toBe("SECRET_COMMAND_FAILED");
  expect(fault.message).toMatch(/^the proxy's password: the command "node(?:\.exe)?" .* depends on itself$/);
  expect(fault.remedy).toContain("NO_PROXY");
  const other = command([process.execPath, "-p", "process.env.SALLYPORT_WITHIN + ''"]);
  expect((await resolveSecret(other, createSystem())).reveal()).toMatch(new RegExp(`^${within},\\w+$`));
});

test("an inline secret is itself", async () => {
  const secret = new Secret("s3cret");
  expect(await resolveSecret({ kind: "inline", secret }, memorySystem())).toBe(secret);
});

describe("one line end is no part of a secret", () => {
  test.each([
    ["s3cret\n", "s3cret"],
    ["s3cret\r\n", "s3cret"],
    ["s3cret\n\n", "s3cret\n"],
    [" s3cret ", " s3cret "],
  ])("%j", async (text, value) => {
    expect((await resolveSecret(command("x"), printing(text))).reveal()).toBe(value);
    expect((await resolveSecret({ kind: "file", path: "/s" }, memorySystem({ files: { "/s": text } }))).reveal()).toBe(
      value,
    );
  });
});

describe("a byte order mark is no part of a secret", () => {
  const marked = "\ufeffs3crét\r\n";
  test.each([
    ["UTF-8", Buffer.from(marked)],
    ["UTF-16LE, as PowerShell writes it", Buffer.from(marked, "utf16le")],
    ["UTF-16BE", Buffer.from(marked, "utf16le").swap16()],
  ])("in a file of %s", async (_encoding, content) => {
    const system = memorySystem({ files: { "/s": content } });
    expect((await resolveSecret({ kind: "file", path: "/s" }, system)).reveal()).toBe("s3crét");
  });

  test("in what a command prints", async () => {
    for (const octal of ["\\357\\273\\277s3cret\\r\\n", "\\377\\376s\\0003\\000\\r\\000\\n\\000"]) {
      const secret = await resolveSecret(command(["printf", octal]), createSystem());
      expect(["s3cret", "s3"]).toContain(secret.reveal());
    }
  });
});

test("a file whose name may be the secret is not named unless it is there", async () => {
  const ref: SecretRef = { kind: "file", path: "/work/hunter2", doubtful: true };
  const fault = await faultOf(resolveSecret(ref, memorySystem(), { setting: "the option passphrase" }));
  expect(fault.message).toBe("the option passphrase: the secret's file that is named there cannot be read (ENOENT)");
  expect(inspect(fault, { depth: 9, showHidden: true })).not.toContain("hunter2");
});

test("a command is run each time, so that a renewed secret is seen", async () => {
  let count = 0;
  const system = memorySystem({ run: async () => `secret-${++count}\n` });
  expect((await resolveSecret(command(["x"]), system)).reveal()).toBe("secret-1");
  expect((await resolveSecret(command(["x"]), system)).reveal()).toBe("secret-2");
});

test("a real command's failure says how it ended, and nothing that it was given or printed", async () => {
  const line = "echo hunter2; echo hunter2 >&2; exit 3";
  const fault = await faultOf(
    resolveSecret(command(line), createSystem(), { setting: "SALLYPORT_CLIENT_KEY_PASSPHRASE" }),
  );
  expect(fault).toMatchObject({
    code: "SECRET_COMMAND_FAILED",
    hop: "local",
    stage: "config",
    message: 'SALLYPORT_CLIENT_KEY_PASSPHRASE: the command "echo" did not provide a secret: it exited with status 3',
  });
  expect(inspect(fault, { depth: 9, showHidden: true })).not.toContain("hunter2");
});

test("a command that cannot be started", async () => {
  const fault = await faultOf(resolveSecret(command(["/nowhere/at-all", "hunter2"]), createSystem()));
  expect(fault.message).toBe('the command "at-all" did not provide a secret: it could not be started (ENOENT)');
});

test.each([
  ["TOKEN=hunter2 print", "the command of this setting printed nothing"],
  ["/usr/local/bin/op read op://vault/hunter2", 'the command "op" printed nothing'],
])("of %j only the program's name is told", async (line, message) => {
  expect((await faultOf(resolveSecret(command(line), printing("\n")))).message).toBe(message);
});

test("a file that cannot be read or is empty is named", async () => {
  const system = memorySystem({ files: { "/secret": { error: "EACCES" }, "/empty": "\n" } });
  expect((await faultOf(resolveSecret({ kind: "file", path: "/secret" }, system))).message).toBe(
    "the secret's file /secret cannot be read (EACCES)",
  );
  expect((await faultOf(resolveSecret({ kind: "file", path: "/empty" }, system))).message).toBe(
    "the secret's file /empty is empty",
  );
});

test("an abort ends the wait with the signal's reason", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const system = memorySystem({
    run: (_, { signal }) =>
      new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(new Error("killed")))),
  });
  const waiting = resolveSecret(command("sleep"), system, { signal: controller.signal });
  controller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect(resolveSecret(command("sleep"), system, { signal: controller.signal })).rejects.toBe(reason);
});

test("a command is run once for all who wait, once more for those who were refused, and ends when nobody waits", async () => {
  const ended: unknown[] = [];
  const print: (() => void)[] = [];
  const system = memorySystem({
    run: (_, { signal }) =>
      new Promise((resolve, reject) => {
        const number = print.push(() => resolve(`secret ${number}`));
        signal?.addEventListener("abort", () => {
          ended.push(number);
          reject(new Error("killed"));
        });
      }),
  });
  const [gone, patient] = [new AbortController(), new AbortController()];
  const ask = (options = {}) => resolveSecret(command("tell"), system, options);
  const [first, second, third] = [ask({ signal: gone.signal }), ask({ signal: patient.signal }), ask({ afresh: true })];
  const fourth = ask({ afresh: true });
  gone.abort(new Error("gone"));
  await expect(first).rejects.toThrow("gone");
  expect([print.length, ended]).toEqual([2, []]);
  for (const say of print) say();
  const told = await Promise.all([second, third, fourth]);
  expect(told.map((secret) => secret.reveal())).toEqual(["secret 1", "secret 2", "secret 2"]);

  const alone = new AbortController();
  const lost = ask({ signal: alone.signal });
  alone.abort(new Error("gone"));
  await expect(lost).rejects.toThrow("gone");
  expect(ended).toContain(3);
  const other = ask();
  print[3]?.();
  expect((await other).reveal()).toBe("secret 4");
});
