import type { Duplex } from "node:stream";
import type { Client } from "undici";

/** As much of a diagnostics channel as undici asks of its own. */
interface Published {
  readonly hasSubscribers: boolean;
  publish(message: unknown): void;
}

/** What undici's client tells when it writes a request. */
export interface HeadersWritten {
  /** The request line and the headers. */
  readonly headers: string;
  readonly socket: Duplex;
}

export interface QuietClient {
  readonly Client: typeof Client;
  /** Has `told` be told of what the clients write, as long as `wanted` says so. */
  onHeaders(wanted: () => boolean, told: (written: HeadersWritten) => void): void;
}

/** What of undici knows its channels, in the order in which it can be loaded. */
const files = ["core/diagnostics.js", "core/request.js", "dispatcher/client.js"].concat([
  "dispatcher/client-h1.js",
  "dispatcher/client-h2.js",
]);

const silent: Published = { hasSubscribers: false, publish: () => undefined };

/**
 * undici's client in a copy that publishes nothing on `diagnostics_channel`. Here it writes requests that have been published already, and writes
 * some of them twice, and those that go to a proxy with that proxy's login. The rest of undici, the classes of its errors and its symbols, is
 * shared with whoever loads it. Undefined where modules cannot be loaded twice (under jest): the client then tells by itself what it does.
 * @throws MODULE_NOT_FOUND where this release of undici keeps them elsewhere
 */
export function loadQuietClient(require: NodeJS.Require): QuietClient | undefined {
  const paths = files.map((file) => require.resolve(`undici/lib/${file}`));
  const { cache } = require;
  const before = paths.map((path) => [path, cache[path]] as const);
  try {
    if (!forgets(require, paths)) return undefined;
    const [diagnostics = "", , client = ""] = paths;
    const { channels } = require(diagnostics) as { readonly channels: Record<string, Published> };
    const own = require(client) as typeof Client;
    for (const name of Object.keys(channels)) channels[name] = silent;
    return {
      Client: own,
      onHeaders: (wanted, told) => {
        channels["sendHeaders"] = {
          get hasSubscribers() {
            return wanted();
          },
          publish: (written) => told(written as HeadersWritten),
        };
      },
    };
  } finally {
    for (const [path, module] of before) {
      if (module === undefined) delete cache[path];
      else cache[path] = module;
    }
  }
}

/** Takes all of them out of the cache of modules, and tells whether they are. */
function forgets(require: NodeJS.Require, paths: readonly string[]): boolean {
  const [first = ""] = paths;
  require(first);
  if (require.cache[first] === undefined) return false;
  for (const path of paths) delete require.cache[path];
  return paths.every((path) => require.cache[path] === undefined);
}
