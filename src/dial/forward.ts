import type { Socket } from "node:net";
import { bareHost } from "../base/hostname.js";
import { showAs } from "../base/show-as.js";
import { authority } from "./endpoint.js";
import { basic, type LoginUse } from "./proxy-login.js";
import type { Forward, ForwardedRequest } from "./types.js";

/** What requests in absolute form on this connection carry, and where its clients tell what the proxy makes of that. */
export function forwardWith(login: LoginUse | undefined, socket: Socket): Forward {
  const headers: Record<string, string> =
    login === undefined ? {} : { "proxy-authorization": basic(login.credentials) };
  const shown = showAs(headers, () => "[login]");
  if (login === undefined) return { headers: shown, isOutdated: false, request: () => withoutLogin };
  socket.once("close", () => login.unanswered());
  let first: LoginUse | undefined = login;
  return {
    headers: shown,
    get isOutdated() {
      return login.isOutdated;
    },
    request: ({ host, port }) => {
      const use = first ?? login.again(authority({ host: bareHost(host), port }));
      first = undefined;
      return { answered: (status, offered) => use.answered(status, offered), renewed: (signal) => use.renewed(signal) };
    },
  };
}

const withoutLogin: ForwardedRequest = { answered: () => undefined, renewed: () => Promise.resolve(false) };
