export { diffLines, type DiffLine } from "./diff.js";
export { openSettings, sameEntry } from "./document.js";
export { checkWanted, entryFor, withWholePaths, type Program } from "./entry.js";
export { serversIn } from "./found.js";
export { placeOf, titleOf } from "./places.js";
export { clientNames, type ClientName, type Entry, type FoundServer, type Place, type Surroundings } from "./types.js";
