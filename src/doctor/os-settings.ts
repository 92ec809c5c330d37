import type { Snapshot } from "../env/index.js";
import { resolvePolicy } from "../policy/index.js";
import type { Policy, SettingReport } from "../policy/types.js";

/**
 * What the operating system's own proxy settings say otherwise than those that are in force: browsers go by them. They are not asked where
 * nothing else names a proxy, since they are the ones in force then.
 */
export function unusedOsSettings(snapshot: Snapshot, policy: Policy): readonly SettingReport[] {
  const { settings } = policy;
  if (settings.some(({ source }) => source.kind === "system")) return [];
  const { platform, cwd, home, osProxy } = snapshot;
  const own = resolvePolicy({ platform, cwd, home, variables: {}, configFiles: [], ...(osProxy && { osProxy }) });
  return own.settings.flatMap((setting) => {
    if (setting.source.kind !== "system") return [];
    const counts = settings.find(({ name, overriddenBy }) => name === setting.name && overriddenBy === undefined);
    if (counts === undefined || counts.value === setting.value) return [];
    return [{ ...setting, overriddenBy: counts.source }];
  });
}
