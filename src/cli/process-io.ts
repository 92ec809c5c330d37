import { isatty } from "node:tty";
import { Interrupted, OutputClosed, type Io, type Output } from "./io.js";

/** The real terminal. The second Ctrl-C ends the process as it would without us. */
export function processIo(): Io {
  const controller = new AbortController();
  process.once("SIGINT", () => controller.abort(new Interrupted("interrupted")));
  process.once("SIGTERM", () => controller.abort(new Interrupted("ended")));
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
