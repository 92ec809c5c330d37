import type { FaultCode } from "../../../../src/base/codes.js";
import { withVariables, type Place, type Scene, type Setting } from "./scene.js";

export type Variables = Readonly<Record<string, string>>;

/** A good server, asked with these variables beside those that work. */
export const set =
  (variables: (set: Place) => Variables | Promise<Variables>) =>
  async (stage: Place): Promise<Setting> =>
    stage.direct({}, await variables(stage));
/** Those variables are put right. */
export const mendedBy =
  (variables: (set: Place) => Variables | Promise<Variables>) =>
  async (_remedy: string, setting: Setting, stage: Place): Promise<Setting> =>
    withVariables(setting, await variables(stage));
/** A scene of settings alone. */
export const scene = (
  code: FaultCode,
  how: string,
  make: (set: Place) => Variables | Promise<Variables>,
  mend?: Scene["mend"],
): Scene => ({
  code,
  how,
  make: set(make),
  ...(mend && { mend }),
});

/** From now on. */
export const inDays = (days: number): Date => new Date(Date.now() + days * 86_400_000);
