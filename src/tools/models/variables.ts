import type { ProxyModel } from "./types.js";

type Variables = ProxyModel["variables"];

/** A variable in lower case goes before the same in capitals. */
export const lowerFirst: Variables = {
  http: ["http_proxy", "HTTP_PROXY"],
  https: ["https_proxy", "HTTPS_PROXY"],
  noProxy: ["no_proxy", "NO_PROXY"],
};

/** `all_proxy` serves where that of the scheme is missing. */
export const lowerFirstThenAll: Variables = {
  http: [...lowerFirst.http, "all_proxy", "ALL_PROXY"],
  https: [...lowerFirst.https, "all_proxy", "ALL_PROXY"],
  noProxy: lowerFirst.noProxy,
};

/** The proxy for http serves https too where that has none. */
export const lowerFirstThenHttp: Variables = {
  http: lowerFirst.http,
  https: [...lowerFirst.https, ...lowerFirst.http],
  noProxy: lowerFirst.noProxy,
};

/** A variable in capitals goes before the same in lower case. */
export const upperFirst: Variables = {
  http: ["HTTP_PROXY", "http_proxy"],
  https: ["HTTPS_PROXY", "https_proxy"],
  noProxy: ["NO_PROXY", "no_proxy"],
};

/** `ALL_PROXY` serves where that of the scheme is missing. */
export const upperFirstThenAll: Variables = {
  http: [...upperFirst.http, "ALL_PROXY", "all_proxy"],
  https: [...upperFirst.https, "ALL_PROXY", "all_proxy"],
  noProxy: upperFirst.noProxy,
};
