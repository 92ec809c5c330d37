import type { Source } from "./types.js";

/** What a person has to look for to change a setting: the variable, or the place in a file. Begins a fault's message. */
export function settingName(source: Source): string {
  switch (source.kind) {
    case "file":
      return `${source.pointer} in ${source.path}`;
    case "option":
      return source.name.startsWith("-") ? source.name : `the option ${source.name}`;
    case "default":
      return "the default";
    default:
      return source.name;
  }
}
