/** The child processes of a run: each is asked by message, and answers one message for each. */
import { fork, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/**
 * Of the caller's environment only what a program needs to run at all: its proxies, CAs and Node options would reach some
 * contenders and not others.
 */
export function cleanEnvironment(extra = {}) {
  const kept = ["PATH", "HOME", "TMPDIR", "SystemRoot", "TEMP"].filter((name) => process.env[name] !== undefined);
  return { ...Object.fromEntries(kept.map((name) => [name, process.env[name]])), ...extra };
}

/** A forked module. `first` is its first message; {@link Child.ask} sends an order and resolves with the result. */
export async function start(module, { args = [], env = {}, execArgv = [], stdio = "inherit" } = {}) {
  const child = fork(here(module), args, { env: cleanEnvironment(env), execArgv, stdio });
  const answer = () =>
    new Promise((resolve, reject) => {
      const settle = (fulfil, value) => {
        child.off("message", onMessage).off("exit", onExit);
        fulfil(value);
      };
      const onMessage = (message) =>
        settle(
          message.error === undefined ? resolve : reject,
          message.error === undefined ? message : new Error(message.error),
        );
      const onExit = (code, signal) =>
        settle(reject, new Error(`${module} ${args.join(" ").slice(0, 60)} ended with ${code ?? signal}`));
      child.on("message", onMessage).on("exit", onExit);
    });
  const first = await answer();
  const ask = async (order, options) => {
    child.send({ order, options });
    return (await answer()).result;
  };
  return { first, ask, stop: () => child.disconnect() };
}

/** Milliseconds that a command takes from its start to its end; default is this Node. Throws when it fails. */
export function timeCommand(args, { command = process.execPath, env = {}, cwd } = {}) {
  const options = { env: cleanEnvironment(env), cwd, stdio: ["ignore", "ignore", "pipe"], encoding: "utf8" };
  const before = performance.now();
  const { status, signal, error, stderr } = spawnSync(command, args, options);
  const ms = performance.now() - before;
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status ?? signal}: ${error ?? stderr}`);
  return ms;
}
