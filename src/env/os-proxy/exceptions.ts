/**
 * The exceptions of an operating system in the spelling of NO_PROXY: `10.*` and `169.254/16` (macOS) become whole blocks, a scheme
 * (`https://*.example`, Windows) is left out, `<local>` is told apart. What has no counterpart stays as it is, and is told of
 * where NO_PROXY is read. `<-loopback>` is left out: what these settings name never takes loopback away from a program.
 */
export function readExceptions(written: readonly string[]): { exceptions: readonly string[]; simpleNames?: true } {
  const bare = written.map((text) => text.trim().replace(/^[a-z]+:\/\//i, ""));
  const texts = bare.filter((text) => text !== "" && text.toLowerCase() !== "<-loopback>");
  const isLocal = (text: string): boolean => text.toLowerCase() === "<local>";
  return {
    exceptions: texts.filter((text) => !isLocal(text)).map((text) => wholeBlock(text) ?? withoutLeadingStar(text)),
    ...(texts.some(isLocal) && { simpleNames: true as const }),
  };
}

/** `10.*`, `10.1.*.*`, `169.254/16`, `10/8`. */
function wholeBlock(text: string): string | undefined {
  const starred = /^(\d{1,3}(?:\.\d{1,3}){0,2})(?:\.\*)+$/.exec(text)?.[1];
  const [, short, bits] = /^(\d{1,3}(?:\.\d{1,3}){0,2})\/(\d{1,2})$/.exec(text) ?? [];
  const prefix = starred ?? short;
  if (prefix === undefined) return undefined;
  const octets = prefix.split(".");
  return `${[...octets, "0", "0", "0"].slice(0, 4).join(".")}/${bits ?? octets.length * 8}`;
}

/** `*example.com` takes in `notexample.com` for Windows; here it is the domain, which leaves such a stranger to the proxy. */
function withoutLeadingStar(text: string): string {
  return /^\*[^.*][^*]*$/.test(text) ? text.slice(1) : text;
}
