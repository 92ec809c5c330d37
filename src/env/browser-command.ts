/** A command with its arguments: no shell reads it, so nothing in a URL means anything. */
export type BrowserCommand = readonly [string, ...string[]];
