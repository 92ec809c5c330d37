import type { MissingAuthority } from "./types.js";

/** Where an authority lies that is not trusted, after "…: not trusted here, ". */
export function whereItLies({ place }: MissingAuthority): string {
  switch (place) {
    case null:
      return "and not found on this machine";
    case "system":
      return "though it is in the operating system's store";
    case "bundled":
      return "though it comes with Node";
    default:
      return `though it lies in ${place}`;
  }
}
