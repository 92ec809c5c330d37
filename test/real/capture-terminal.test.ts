import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ownFolder } from "../support/own-folder.js";
import { Enclave } from "../matrix/support/enclave.js";
import { builtCli } from "./support/built.js";
import { findProgram } from "./support/programs.js";

const missing =
  Enclave.whatIsMissing() ?? ["nft", "tmux", "bash", "setpriv"].find((program) => findProgram(program) === undefined);
if (missing !== undefined) console.log(`the terminal of a captured command: SKIPPED, for want of ${missing}`);

const folder = ownFolder("terminal");

const environment = {
  PATH: [dirname(process.execPath), process.env["PATH"]].join(":"),
  HOME: folder,
  TMUX_TMPDIR: folder,
  LANG: "C.UTF-8",
};
const captured = [process.execPath, builtCli, "run", "--capture", "--no-check", "--"];

const ways = [
  ["under plain run", [process.execPath, builtCli, "run", "--no-check", "--"]],
  ["captured", captured],
] as const;

describe.skipIf(missing !== undefined)("on a real terminal a command", () => {
  const tmux = (...args: readonly string[]): string => {
    const { stdout, stderr, status } = spawnSync("tmux", ["-f", "/dev/null", "-L", "sallyport", ...args], {
      env: environment,
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`tmux ${args[0]}: ${stderr}`);
    return stdout;
  };
  beforeAll(() => {
    const shell = `env -i PATH='${environment.PATH}' HOME='${folder}' TERM=screen PS1='$ ' bash --norc --noprofile -i`;
    tmux("new-session", "-d", "-s", "own", "-x", "91", "-y", "27", shell);
  });
  afterAll(() => void spawnSync("tmux", ["-L", "sallyport", "kill-server"], { env: environment }));

  const type = (keys: string): string => tmux("send-keys", "-t", "own", "-l", `${keys}\n`);
  const press = (key: string): string => tmux("send-keys", "-t", "own", key);
  /** All that is and was on the screen, since it was cleared. */
  const screen = (): string => tmux("capture-pane", "-p", "-J", "-S", "-", "-t", "own");
  const expectScreen = async (pattern: RegExp): Promise<void> => {
    await expect.poll(screen, { timeout: 20_000 }).toMatch(pattern);
  };
  /** Says itself that it runs: a key that comes between two commands of the shell's would stop neither. */
  const job = (word: string): string => `sh -c 'echo ${word}; exec sleep 1000'`;
  const expectStatus = async (name: string, expected: number): Promise<void> => {
    type(`echo ${name} is $?`);
    await expectScreen(new RegExp(`^${name} is ${expected}$`, "m"));
  };

  test.each(ways)(
    "%s has its size and its changes, and a shell has its jobs: Ctrl-C, Ctrl-Z and fg, Ctrl-\\",
    async (_name, run) => {
      type("clear");
      tmux("resize-window", "-t", "own", "-x", "91", "-y", "27");
      tmux("clear-history", "-t", "own");
      type(`${run.join(" ")} bash --norc --noprofile -i`);
      type("stty size; trap 'echo resized' WINCH");
      await expectScreen(/^27 91$/m);
      tmux("resize-window", "-t", "own", "-x", "101", "-y", "32");
      // tmux tells the terminal of it a moment later.
      await expectScreen(/resized$/m);
      type("stty size");
      await expectScreen(/^32 101$/m);
      type(job("begun"));
      await expectScreen(/^begun$/m);
      press("C-c");
      await expectStatus("interrupted", 130);
      type(job("second"));
      await expectScreen(/^second$/m);
      press("C-z");
      await expectScreen(/Stopped +sh -c 'echo second; exec sleep 1000'$/m);
      type("fg; echo continued");
      await expectScreen(/^sh -c 'echo second; exec sleep 1000'$/m);
      press("C-c");
      await expectStatus("foreground", 130);
      type(job("third"));
      await expectScreen(/^third$/m);
      press("C-\\");
      await expectStatus("quit", 131);
      type("exit 9");
      await expectStatus("shell", 9);
    },
  );

  test.each(ways)(
    "%s is stopped and continued with all that is around it, and its signal is ours",
    async (_name, run) => {
      type("clear");
      tmux("clear-history", "-t", "own");
      type(`${run.join(" ")} sh -c 'echo up; exec sleep 1000'`);
      await expectScreen(/^up$/m);
      press("C-z");
      await expectScreen(/\[1\]\+ +Stopped/);
      type("fg");
      await expectScreen(/^\$ fg\n.*sleep 1000'$/m);
      press("C-c");
      await expectStatus("interrupted", 130);
      type(`${run.join(" ")} sh -c 'kill -9 $$'`);
      await expectStatus("killed", 137);
      type(`${run.join(" ")} sh -c 'kill -TERM $$'`);
      await expectStatus("ended", 143);
    },
  );
});

describe.skipIf(missing !== undefined)("whatever a process has of its own a captured command has, too", () => {
  async function start(before: readonly string[], script: string, input: "none" | "closed" | Buffer = "none") {
    const child = spawn("env", [...before, ...captured, "sh", "-c", script], {
      stdio: [input === "none" ? "ignore" : "pipe", "pipe", "pipe"],
      timeout: 25_000,
      env: environment,
      cwd: "/usr/share",
    });
    if (input === "closed") child.stdin?.destroy();
    else if (input !== "none") {
      // The command may be over before it has read all of it.
      child.stdin?.on("error", () => undefined);
      child.stdin?.end(input);
    }
    let [stdout, stderr] = ["", ""];
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const [code] = (await once(child, "close")) as [number | null];
    return { code, lines: stdout.trim().split("\n"), stderr };
  }

  test.for([
    ["root", [], 0],
    ["an ordinary user", ["setpriv", "--reuid=65534", "--regid=65534", "--groups=65534,4"], 65_534],
  ] as const)("%s: working directory, umask, bounds, niceness, groups of files", async ([, as, uid], { skip }) => {
    const look = spawnSync("setpriv", [...as.slice(1), process.execPath, "-e", `fs.accessSync("${builtCli}")`]);
    if (as.length > 0 && look.status !== 0) skip("other users cannot read this checkout");
    const own = mkdtempSync(join(tmpdir(), "sallyport-own-"));
    chmodSync(own, 0o777);
    chmodSync(folder, 0o755);
    // Readable for group 4 alone, of which this user is.
    spawnSync("sh", ["-c", `echo shared > ${own}/group; chown 0:4 ${own}/group; chmod 640 ${own}/group`]);
    const before = [...as, "nice", "-n", "5", "bash", "-c", 'umask 027; ulimit -n 333; ulimit -c 0; exec "$@"', "bash"];
    const script = `pwd; umask; ulimit -n; ulimit -c; nice; cat ${own}/group; touch ${own}/made; id -u; id -g`;
    const { code, lines, stderr } = await start(before, script);
    const expected = ["/usr/share", "0027", "333", "0", "5", "shared", String(uid), String(uid)];
    expect({ code, lines }, stderr).toEqual({ code: 0, lines: expected });
    const { uid: owner, gid, mode } = statSync(join(own, "made"));
    expect({ owner, gid, mode: mode & 0o777 }).toEqual({ owner: uid, gid: uid, mode: 0o640 });
    rmSync(own, { recursive: true });
  });

  test("pipes that end early or are closed end nothing else", async () => {
    expect(await start([], "cat; echo over", "closed")).toMatchObject({ code: 0, lines: ["over"] });
    const much = Buffer.alloc(5_000_000, "y\n");
    expect(await start([], "head -c 2; echo over", much)).toMatchObject({ code: 0, lines: ["y", "over"] });
    expect(await start([], "wc -c", much)).toMatchObject({ code: 0, lines: ["5000000"] });
    // Nobody reads on: the command ends by SIGPIPE, as without us.
    const { lines } = await start(["bash", "-c", '"$@" | head -1; echo ${PIPESTATUS[0]}', "bash"], "exec yes");
    expect(lines).toEqual(["y", "141"]);
  });
});
