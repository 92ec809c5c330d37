/** Most texts that are remembered at a time. */
const most = 256;
/** Characters of a text that is remembered; longer ones are read each time. */
const longest = 300;

/**
 * The same function, which remembers what it gave for the last texts: a program speaks to a few hosts, again and again. What it gives has
 * to depend on the text alone, and is shared. What it throws is not remembered.
 */
export function remembering<T>(read: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const value = read(text);
    keep(known, text, value);
    return value;
  };
}

function keep<T>(known: Map<string, T>, text: string, value: T): void {
  if (known.size >= most) known.clear();
  if (text.length <= longest) known.set(text, value);
}

const origin = /^\w+:\/\/[^/?#@]*\/$/;

/** The same for URLs, of which those of bare origins alone are remembered: paths and logins are not ours to keep. */
export function rememberingOrigins<T>(read: (url: string) => T): (url: string) => T {
  const known = new Map<string, T>();
  return (url) => {
    const found = known.get(url);
    if (found !== undefined) return found;
    const value = read(url);
    if (origin.test(url)) keep(known, url, value);
    return value;
  };
}
