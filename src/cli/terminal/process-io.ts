import { closeSync, openSync } from "node:fs";
import { isatty } from "node:tty";
import { exitCode, Interrupted, OutputClosed, type EndingSignal, type Io, type Output } from "./io.js";

/** A closed terminal is as good a reason to end as Ctrl-C, and leaves as little behind. */
const endingSignals: readonly EndingSignal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** What a wrapped program may be waiting for. By default SIGQUIT would end us before it, and SIGUSR1 open Node's debugger. */
const pokingSignals: readonly NodeJS.Signals[] = process.platform === "win32" ? [] : ["SIGQUIT", "SIGUSR1", "SIGUSR2"];

/** The real terminal. The second signal ends the process at once. */
export function processIo(): Io {
  const controller = new AbortController();
  const listening = new Set<(signal: NodeJS.Signals) => void>();
  let onHangup: (() => void) | undefined;
  for (const signal of endingSignals) {
    process.on(signal, () => {
      if (listening.size > 0) return listening.forEach((listener) => listener(signal));
      if (signal === "SIGHUP" && onHangup !== undefined) return onHangup();
      // By its own exit, and not by the signal's default: only then a lab can remove its keys.
      if (controller.signal.aborted) process.exit(exitCode[signal]);
      controller.abort(new Interrupted(signal));
    });
  }
  let [stdout, stderr]: (Output | undefined)[] = [];
  return {
    // Made when they are asked for: what is neither a terminal nor a file costs a start all of node:net.
    get stdout() {
      return (stdout ??= output(process.stdout, 1));
    },
    get stderr() {
      return (stderr ??= output(process.stderr, 2));
    },
    get stdin() {
      return process.stdin;
    },
    get ask() {
      return isatty(0)
        ? async (question: string, hidden: boolean) =>
            (await import("./ask-line.js")).askLine(question, hidden, controller.signal)
        : undefined;
    },
    closeStdin: () => void process.stdin.destroy(),
    signal: controller.signal,
    takeHangups(listener) {
      const hadTerminal = hasTerminal();
      onHangup = () => {
        if (hadTerminal && !hasTerminal()) controller.abort(new Interrupted("SIGHUP"));
        else listener();
      };
      return () => (onHangup = undefined);
    },
    onSignal(listener) {
      listening.add(listener);
      const leaveOthers = onPokes(listener);
      return {
        [Symbol.dispose]() {
          listening.delete(listener);
          leaveOthers();
        },
      };
    },
    endBy(signal) {
      // The very last thing: what is put away at the exit is gone by then.
      process.once("exit", () => {
        process.removeAllListeners(signal);
        process.kill(process.pid, signal);
      });
    },
  };
}

/** Until what is returned is called. */
function onPokes(listener: (signal: NodeJS.Signals) => void): () => void {
  const others = pokingSignals.map((signal) => {
    const tell = (): void => listener(signal);
    process.on(signal, tell);
    return { signal, tell };
  });
  return () => {
    for (const { signal, tell } of others) process.off(signal, tell);
  };
}

/** Whether there is a terminal that the process belongs to. One that was closed cannot be opened any more. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false;
  }
}

function output(stream: NodeJS.WriteStream, descriptor: number): Output {
  // Without a listener, a reader who goes away (`| head`) would end the process with a stack trace.
  stream.on("error", () => undefined);
  return {
    isTTY: isatty(descriptor),
    write: (chunk) =>
      new Promise((resolve, reject) => {
        stream.write(chunk, (error) => {
          if (error === null || error === undefined) resolve();
          else
            reject(
              "code" in error && (error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED")
                ? new OutputClosed("nobody reads", { cause: error })
                : error,
            );
        });
      }),
  };
}
