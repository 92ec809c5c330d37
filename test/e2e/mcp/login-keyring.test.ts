import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { openSecretFiles } from "../../../src/env/index.js";
import { forgetLogins, storeLogins, type TokenStore } from "../../../src/mcp/index.js";
import { TestKeyring } from "../../support/keyring.js";
import { faultOf } from "../../support/fault-of.js";
import { person } from "../../support/oauth/person.js";
import { OAuthServer } from "../../support/oauth/server.js";

let server: OAuthServer;
let folder: string;
beforeEach(async () => {
  server = await OAuthServer.start();
  folder = await mkdtemp(join(tmpdir(), "logins-"));
  return async () => {
    await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  };
});

/** Where logins are kept, with a keyring that is empty yet. */
function withKeyring() {
  const keyring = new TestKeyring();
  return { keyring, files: (store: TokenStore) => storeLogins(openSecretFiles(folder), store, keyring.open) };
}

const onDisk = async (): Promise<string> =>
  (await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), "utf8")))).join("\n");

test("with --token-store keyring no file holds a token, and the next program finds the login", async () => {
  const own = withKeyring();
  await using alice = await person(server, { files: own.files("keyring") });
  expect(await alice.program().call()).toBe(200);
  expect([...own.keyring.entries]).toEqual([
    [expect.stringMatching(/^sallyport\/mcp:login-/), expect.stringContaining("access")],
  ]);
  expect(await onDisk()).toBe('{"version":1,"keyring":true}');
  expect(await alice.program().call()).toBe(200);
  // One that is not told where the login is finds it too.
  expect(await alice.program({ files: own.files("file") }).call()).toBe(200);
  expect(alice.opened).toHaveLength(1);
  expect(await forgetLogins(own.files("file"), server.mcp)).toBe(1);
  expect(own.keyring.entries.size).toBe(0);
});

test("a login moves where the settings want it when it is renewed, and nothing of it stays behind", async () => {
  const own = withKeyring();
  await using alice = await person(server);
  const call = async (store: TokenStore): Promise<void> => {
    server.revokeAccess();
    expect(await alice.program({ files: own.files(store) }).call()).toBe(200);
  };
  expect(await alice.program({ files: own.files("file") }).call()).toBe(200);
  expect(own.keyring.opened).toBe(0);
  expect(await onDisk()).toContain("access");
  await call("keyring");
  expect(await onDisk()).toBe('{"version":1,"keyring":true}');
  await call("file");
  expect(await onDisk()).toContain("access");
  expect(own.keyring.entries.size).toBe(0);
  expect(alice.opened).toHaveLength(1);
});

test("a locked keyring is a fault before anybody logs in, and no file is written in its place", async () => {
  const own = withKeyring();
  own.keyring.isLocked = true;
  await using alice = await person(server, { files: own.files("keyring") });
  const program = alice.program();
  expect(await faultOf(program.call())).toMatchObject({
    code: "KEYRING_UNAVAILABLE",
    message: "the keyring is locked",
  });
  expect(alice.opened).toEqual([]);
  expect(await readdir(folder)).toEqual([]);
  own.keyring.isLocked = false;
  expect(await program.call()).toBe(200);
});

test("a keyring that is locked while the login is in it asks for no other login, and serves once it is open", async () => {
  const own = withKeyring();
  await using alice = await person(server, { files: own.files("keyring") });
  await alice.program().call();
  own.keyring.isLocked = true;
  const program = alice.program();
  expect(await faultOf(program.call())).toMatchObject({ code: "KEYRING_UNAVAILABLE" });
  own.keyring.isLocked = false;
  expect(await program.call()).toBe(200);
  expect(alice.opened).toHaveLength(1);
});
