import type { ProxyModel } from "./types.js";

type Variables = ProxyModel["variables"];

/** Each in the two ways in which it is written: those that a program looks at first come first. */
const inOrder = (spellings: (name: string) => string[]): Variables => ({
  http: spellings("http_proxy"),
  https: spellings("https_proxy"),
  noProxy: spellings("no_proxy"),
});

const thenAll = ({ http, https, noProxy }: Variables, all: readonly string[]): Variables => ({
  http: [...http, ...all],
  https: [...https, ...all],
  noProxy,
});

/** A variable in lower case goes before the same in capitals. */
export const lowerFirst = inOrder((name) => [name, name.toUpperCase()]);

/** `all_proxy` serves where that of the scheme is missing. */
export const lowerFirstThenAll = thenAll(lowerFirst, ["all_proxy", "ALL_PROXY"]);

/** The proxy for http serves https too where that has none. */
export const lowerFirstThenHttp: Variables = { ...lowerFirst, https: [...lowerFirst.https, ...lowerFirst.http] };

/** A variable in capitals goes before the same in lower case. */
export const upperFirst = inOrder((name) => [name.toUpperCase(), name]);

/** `ALL_PROXY` serves where that of the scheme is missing. */
export const upperFirstThenAll = thenAll(upperFirst, ["ALL_PROXY", "all_proxy"]);
