import type { ConnectError } from "../../base/errors.js";
import type { BridgeOptions } from "../types.js";
import { toolNotAllowed } from "./faults.js";
import { isObject, isRequest, isResponse, type Id, type Message } from "./json-rpc.js";

/** Which tools the client may see and call. */
export class ToolChoice {
  readonly #allow: readonly RegExp[] | undefined;
  readonly #deny: readonly RegExp[];
  readonly #lists = new Set<Id>();

  constructor({ allow, deny = [] }: NonNullable<BridgeOptions["tools"]> = {}) {
    this.#allow = allow === undefined || allow.length === 0 ? undefined : allow.map(globPattern);
    this.#deny = deny.map(globPattern);
  }

  allows(tool: string): boolean {
    if (this.#deny.some((pattern) => pattern.test(tool))) return false;
    return this.#allow === undefined || this.#allow.some((pattern) => pattern.test(tool));
  }

  /** What is wrong with a call, also one that asks for no answer. Undefined: the message may pass. */
  refuse(message: Message): ConnectError | undefined {
    if (isResponse(message) || (this.#allow === undefined && this.#deny.length === 0)) return undefined;
    if (message.method === "tools/list" && isRequest(message)) this.#lists.add(message.id);
    if (message.method !== "tools/call") return undefined;
    const name = message.params?.["name"];
    return typeof name === "string" && this.allows(name) ? undefined : toolNotAllowed(String(name));
  }

  /** A list of tools without those that are not allowed. Undefined: the message is to pass as it is. */
  filter(message: Message): Message | undefined {
    if (this.#lists.size === 0 || !isResponse(message) || message.id === null) return undefined;
    if (!this.#lists.delete(message.id) || !Array.isArray(message.result?.["tools"])) return undefined;
    const tools = message.result["tools"].filter(
      (tool: unknown) => isObject(tool) && typeof tool["name"] === "string" && this.allows(tool["name"]),
    );
    return { ...message, result: { ...message.result, tools } };
  }
}

/** `*` is any text and `?` any character; all else means itself. */
function globPattern(glob: string): RegExp {
  const source = glob.replace(/[\\^$.*+?()[\]{}|]/g, (char) =>
    char === "*" ? ".*" : char === "?" ? "." : `\\${char}`,
  );
  return new RegExp(`^${source}$`, "su");
}
