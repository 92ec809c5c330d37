export { configFilePaths, readEnvironment, type EnvironmentOptions, type ReadConfig } from "./read.js";
export { createSystem, withLookup } from "./system.js";
export type { ConfigFile, Snapshot } from "./snapshot.js";
export { createPrivateFolder, type PrivateFolder } from "./private-folder.js";
export { inspectSocketPath, makePrivately, removeSocketFile, type SocketPathState } from "./socket-file.js";
export { dataFolderPath, openDataFolder, type DataFolder, type DataFolderLocation } from "./data-folder.js";
export { currentVariables, setVariable, withinVariable, readTextNow } from "./own-process.js";
export { openSecretFiles, type SecretFiles } from "./secret-files.js";
export { openBrowser, type BrowserPlace } from "./browser.js";
