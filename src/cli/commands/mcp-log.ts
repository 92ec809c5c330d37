import { open } from "node:fs/promises";
import { looksSecret } from "../../base/looks-secret.js";
import type { BridgeEvent } from "../../mcp/types.js";
import { unwritableOutput } from "../faults.js";

/** A line of JSON for each message and each fault. */
export interface MessageLog {
  write(event: BridgeEvent): void;
  close(): Promise<void>;
}

/** @throws {ConnectError} where the file cannot be written */
export async function openLog(path: string, withBodies: boolean): Promise<MessageLog> {
  const file = await open(path, "a", 0o600).catch((error: unknown) => {
    throw unwritableOutput(path, error);
  });
  const stream = file.createWriteStream();
  // A disk that is full must not end the bridge.
  stream.on("error", () => undefined);
  return {
    write: (event) =>
      void stream.write(`${JSON.stringify({ time: new Date().toISOString(), ...entry(event, withBodies) })}\n`),
    close: () => new Promise((resolve) => stream.end(resolve)),
  };
}

function entry(event: BridgeEvent, withBodies: boolean): object {
  if (event.kind === "fault") return { kind: "fault", ...event.fault.toJSON() };
  if (event.kind === "tool-rejected") return event;
  const message = event.message as Readonly<Record<string, unknown>>;
  const { id, method, error } = message;
  const head = {
    kind: "message",
    direction: event.direction,
    id,
    method,
    ...(error !== undefined && { failed: true }),
  };
  return withBodies ? { ...head, message: withoutSecrets(message) } : head;
}

/** What is named like a secret, or looks like one, is not written even with bodies. */
function withoutSecrets(message: unknown): unknown {
  const text = JSON.stringify(message, (name, value: unknown) => {
    const isNamed = /pass(?:word|phrase)|secret|token$|authorization|api_?key/i.test(name) && name !== "progressToken";
    return typeof value === "string" && (isNamed || looksSecret(value)) ? "[secret]" : value;
  });
  return JSON.parse(text) as unknown;
}
