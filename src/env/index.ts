export { configFilePaths, readEnvironment, withVariables, type EnvironmentOptions, type ReadConfig } from "./read.js";
export { keepClock } from "./clock.js";
export { createSystem, withLookup } from "./system.js";
export type { ConfigFile, Snapshot, VariableOrigin } from "./snapshot.js";
export type { OsProxyProblem, OsProxyServer, OsProxySettings } from "./os-proxy/index.js";
export { createPrivateFolder, createReadableFolder, type PrivateFolder } from "./private-folder.js";
export { inspectSocketPath, makePrivately, removeSocketFile, type SocketPathState } from "./socket-file.js";
export {
  dataFolderLocation,
  dataFolderPath,
  folderIn,
  openDataFolder,
  trustedFilePath,
  type DataFolder,
  type DataFolderLocation,
} from "./data-folder.js";
export { currentVariables, setVariable, withinVariable, readTextNow } from "./own-process.js";
export { mayRead } from "./read-rights.js";
export { openSecretFiles, type SecretFiles } from "./secret-files.js";
export { openBrowser, type BrowserPlace } from "./browser.js";
export { openKeyring, type Keyring, type KeyringOptions } from "./keyring.js";
export { openProxyLogins, proxyLoginFile } from "./proxy-logins.js";
export type { ProxyLogins } from "./proxy-logins-types.js";
export { isWithoutKeyring } from "./faults-keyring.js";
