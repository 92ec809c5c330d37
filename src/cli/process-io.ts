import { isatty } from "node:tty";
import { exitCode, Interrupted, OutputClosed, type EndingSignal, type Io, type Output } from "./io.js";

/** A closed terminal is as good a reason to end as Ctrl-C, and leaves as little behind. */
const endingSignals: readonly EndingSignal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** The real terminal. The second signal ends the process at once. */
export function processIo(): Io {
  const controller = new AbortController();
  for (const signal of endingSignals) {
    process.on(signal, () => {
      // By its own exit, and not by the signal's default: only then a lab can remove its keys.
      if (controller.signal.aborted) process.exit(exitCode[signal]);
      controller.abort(new Interrupted(signal));
    });
  }
  return {
    stdout: output(process.stdout, 1),
    stderr: output(process.stderr, 2),
    stdin: process.stdin,
    signal: controller.signal,
  };
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
