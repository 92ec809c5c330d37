import { spawn } from "node:child_process";
import type { Probe } from "./node-check.js";

/** Longer than any Node takes to start, with all that it is to load first. */
const patience = 10_000;

/** Runs a program for what it says of itself, unseen. */
export const probeProgram =
  (signal?: AbortSignal): Probe =>
  (program, args, variables) =>
    new Promise((resolve) => {
      const options = { env: variables, timeout: patience, ...(signal && { signal }), windowsHide: true };
      const child = spawn(program, args, { ...options, stdio: ["ignore", "ignore", "pipe"] });
      let stderr = "";
      child.stderr.on("data", (chunk: Buffer) => (stderr = `${stderr}${chunk.toString()}`.slice(0, 4096)));
      // What cannot be started says so when it is launched.
      child.once("error", () => resolve({ status: undefined, stderr }));
      child.once("close", (status) => resolve({ status: status ?? undefined, stderr }));
    });
