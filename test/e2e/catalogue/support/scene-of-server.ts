import type { FaultCode } from "../../../../src/base/codes.js";
import type { OriginOptions } from "../../../../src/lab/index.js";
import type { Place, Sayer, Scene, Setting } from "./scene.js";

const hop = "target";
/** The answer is handed on: what its page says is for who reads it. */
export const handedOn: Readonly<Partial<Record<Sayer, FaultCode | "-">>> = {
  fetch: "-",
  agent: "-",
  gateway: "-",
  mcp: "-",
};
/** What its people mend in the lab. */
export const mended = async (_remedy: string, setting: Setting, set: Place): Promise<Setting> => {
  if (set.lastOrigin !== undefined) set.lastOrigin.fault = undefined;
  return setting;
};
/** A server as its people mend it: reached at another port, with the same settings. */
export const renewed = async (_remedy: string, { variables }: Setting, set: Place): Promise<Setting> => ({
  url: (await set.origin()).directUrl,
  variables,
});
/** A server of the lab with this fault. */
export const bad = (code: FaultCode, how: string, origin: OriginOptions, more: Partial<Scene> = {}): Scene => ({
  code,
  how,
  hop,
  make: (set) => set.direct(origin),
  ...more,
});

/** A TLS port of localhost, whose authority is trusted. */
export const onPort = (port: number, set: Place): Setting => ({
  url: `https://localhost:${port}/`,
  variables: set.trusting,
});
