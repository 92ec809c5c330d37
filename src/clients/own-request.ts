import { createRequire } from "node:module";
import type { ClientRequest } from "node:http";

const require = createRequire(import.meta.url);

/** @param options of node:http, and those that its types leave out */
export function ownRequest(options: object): ClientRequest {
  return new (nodesOwn())(options);
}

/**
 * Not `http.request`, which tools that mock or trace requests replace, nor the class that they have put in its place: this is no request
 * of the program's. What stands there descends from Node's own, or shares its prototype.
 */
function nodesOwn(): typeof ClientRequest {
  const { ClientRequest: found } = require("node:http") as typeof import("node:http");
  let prototype = found.prototype as object;
  while (!Object.hasOwn(prototype, "onSocket")) {
    const next = Object.getPrototypeOf(prototype) as object | null;
    if (next === null) return found;
    prototype = next;
  }
  return prototype.constructor as typeof ClientRequest;
}
