import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { createSystem } from "./index.js";

const system = createSystem();
const node = process.execPath;

describe("run", () => {
  it("gives what the command printed", async () => {
    expect(await system.run([node, "-e", "process.stdout.write('hello $HOME')"])).toBe("hello $HOME");
  });

  it("passes a string through the shell and an array past it", async () => {
    expect(
      (await system.run("echo one && echo two"))
        .split(/\r?\n/)
        .slice(0, 2)
        .map((line) => line.trim()),
    ).toEqual(["one", "two"]);
    expect(await system.run([node, "-p", "process.argv[1]", "$(echo no)"])).toBe("$(echo no)\n");
  });

  it("says how a command failed, and nothing of what it printed or was called with", async () => {
    const script = "console.log('hunter2'); console.error('hunter3'); process.exit(7)";
    const error: unknown = await system.run([node, "-e", script, "hunter4"]).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ message: "the command exited with status 7; run it by hand to see why", code: 7 });
    expect(inspect(error, { depth: 9 })).not.toMatch(/hunter/);
  });

  it("names the error code alone of a command that does not exist", async () => {
    const error: unknown = await system.run(["/nowhere/hunter2", "hunter3"]).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ message: "the command could not be started (ENOENT)", code: "ENOENT" });
    expect(inspect(error, { depth: 9 })).not.toMatch(/hunter/);
  });

  it.each([[[]], [[""]], ["\0"]])("rejects %j", async (command) => {
    await expect(system.run(command)).rejects.toThrow("could not be started");
  });

  it("ends a command that prints without end", async () => {
    const endless =
      "const line = 'x'.repeat(4096); (function more() { while (process.stdout.write(line)); process.stdout.once('drain', more); })()";
    await expect(system.run([node, "-e", endless])).rejects.toThrow("more than 65536 bytes");
  });

  it("ends a command that outlives its time", async () => {
    const run = system.run([node, "-e", "setInterval(() => {}, 1000)"], { timeout: 50 });
    await expect(run).rejects.toMatchObject({
      message: "the command did not end within 50 ms and was stopped",
      killed: true,
    });
  });

  it.skipIf(process.platform === "win32")("ends a whole pipeline, not its shell alone", async () => {
    const server = createServer();
    const connected = once(server, "connection") as Promise<[Socket]>;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const controller = new AbortController();
    const command = `"${node}" -e "require('net').connect(${port}, '127.0.0.1')" | cat`;
    const ended = system.run(command, { signal: controller.signal }).catch((reason: unknown) => reason);
    const [socket] = await connected;
    const closed = once(
      socket.resume().on("error", () => {}),
      "close",
    );
    controller.abort(new Error("enough"));
    expect(await ended).toMatchObject({ message: "enough" });
    await closed;
    server.close();
  });

  it("stops with the signal's reason", async () => {
    const controller = new AbortController();
    const run = system.run([node, "-e", "setInterval(() => {}, 1000)"], { signal: controller.signal });
    controller.abort(new Error("no longer wanted"));
    await expect(run).rejects.toThrow("no longer wanted");
    await expect(system.run([node, "-e", ""], { signal: controller.signal })).rejects.toThrow("no longer wanted");
  });
});

describe("the rest of the machine", () => {
  it("looks names up, all addresses with their family", async () => {
    const addresses = await system.lookup("localhost");
    expect(addresses).toContainEqual(
      expect.toSatisfy(
        (found: { address: string; family: number }) => found.address === (found.family === 6 ? "::1" : "127.0.0.1"),
      ),
    );
    await expect(system.lookup("no-such-host.invalid")).rejects.toMatchObject({
      code: expect.stringMatching(/^E/) as string,
    });
  });

  it("reads files and directories, and rejects with Node's own error codes", async () => {
    const directory = await mkdtemp(join(tmpdir(), "sallyport-"));
    await writeFile(join(directory, "a"), "text");
    expect(await system.readDirectory(directory)).toEqual(["a"]);
    expect((await system.readFile(join(directory, "a"))).toString()).toBe("text");
    expect((await system.stat(join(directory, "a"))).isFile()).toBe(true);
    await expect(system.readFile(join(directory, "b"))).rejects.toMatchObject({ code: "ENOENT" });
    await rm(directory, { recursive: true });
  });

  it("takes single parts from the caller", () => {
    expect(createSystem({ now: () => 42 }).now()).toBe(42);
    expect(createSystem({ now: () => 42 }).platform).toBe(process.platform);
  });
});
