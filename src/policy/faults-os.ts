/** How faults name a part of the operating system's settings. */
export function osSetting(from: string, part: "proxy" | "exceptions" | "PAC"): string {
  if (part === "PAC") return `the URL of a PAC file in ${from}`;
  return part === "proxy" ? `the proxy in ${from}` : `the exceptions in ${from}`;
}

export function detectsByItself(): string {
  return "asks for a PAC file that is looked for in the network (WPAD), which sallyport does only on request: SALLYPORT_PAC_URL=wpad";
}

export function cannotReadOsProxy(command: string, code: string): string {
  return `could not be read: ${command} ${code === "failed" ? "failed" : `failed with ${code}`}`;
}

export function onlyForSome(): string {
  return "is used by KDE for the listed hosts alone, which sallyport does not read: name a proxy in HTTPS_PROXY or in routes of a config file";
}
