/** Most texts that are remembered at a time. */
const most = 256;
/** Characters of a text that is remembered; longer ones are read each time. */
const longest = 300;

/**
 * The same function, which remembers what it gave for the last texts: a program speaks to a few hosts, again and again. What it gives has
 * to depend on the text alone, and is shared. What it throws is not remembered.
 * @param mayKeep asked of a text that is not known yet. Default: all are remembered
 */
export function remembering<T>(read: (text: string) => T, mayKeep = (_text: string) => true): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const value = read(text);
    if (text.length > longest || !mayKeep(text)) return value;
    if (known.size >= most) known.clear();
    known.set(text, value);
    return value;
  };
}

const origin = /^\w+:\/\/[^/?#@]*\/$/;

/** The same for URLs, of which those of bare origins alone are remembered: paths and logins are not ours to keep. */
export function rememberingOrigins<T>(read: (url: string) => T): (url: string) => T {
  return remembering(read, (url) => origin.test(url));
}
