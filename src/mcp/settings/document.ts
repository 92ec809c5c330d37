import { openJson } from "./json-document.js";
import { openToml } from "./toml-document.js";
import type { Place, SettingsDocument } from "./types.js";

/**
 * The servers in the text of a settings file.
 * @throws {ConnectError} CONFIG_INVALID where it does not parse, with line and column, or is not of the form that its reader expects
 */
export function openSettings(text: string, place: Place): SettingsDocument {
  const { format } = place;
  return format.kind === "toml" ? openToml(text, place) : openJson(text, { ...place, format });
}

/** Whether two entries say the same, however they are laid out and ordered. */
export function sameEntry(one: unknown, other: unknown): boolean {
  return canonical(one) === canonical(other);
}

function canonical(value: unknown): string {
  return JSON.stringify([value], (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
