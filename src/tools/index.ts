export { readAll, type Reading } from "./models/index.js";
export { commonNoProxy, type CommonNoProxy } from "./common-no-proxy.js";
export { aptConfiguration, bundleContents, phpConfiguration, phpFolders, wgetConfiguration } from "./bundles.js";
export { childVariables, competes } from "./variables.js";
export { requireFirst, readNodeOptions, hasBareName, isFlag, type ReadOptions } from "./node-options.js";
export { javaLoginOptions } from "./java-options.js";
export { withClaudeSettings } from "./claude-settings.js";
export { unspeakable } from "./no-proxy-spelling.js";
export { truststorePassword } from "./truststore-password.js";

/** Loads node:crypto, which the rest of the room does without. */
export const loadTruststore = (): Promise<typeof import("./truststore.js")> => import("./truststore.js");
