import { ConnectError } from "../../base/errors.js";
import { formatHostPort } from "../../base/hostname.js";
import { oneLine } from "../../base/one-line.js";
import { called, type Endpoint } from "../endpoint.js";

type Proxy = Pick<Endpoint, "host" | "port">;

const named = ({ host, port }: Proxy): string => called({ hop: "proxy", host, port });

/** What is wrong with what a helper prints. */
export type HelperProblem = "nothing" | "lines" | "name" | "form" | "basic";

const problems: Readonly<Record<HelperProblem, string>> = {
  nothing: "printed nothing",
  lines: "printed more than one line",
  name: "printed the name of the header as well",
  form: "printed something that is not a value of Proxy-Authorization",
  basic: "printed a Basic login that does not hold user and password in base64",
};

/** @param setting what a person knows the helper by */
export function badHelperAnswer(setting: string, problem: HelperProblem): ConnectError {
  return new ConnectError("SECRET_COMMAND_FAILED", {
    hop: "local",
    stage: "proxy-auth",
    message: `${setting}: the command ${problems[problem]}`,
    remedy:
      "run the command by hand: it must print one line, a scheme and its value, such as Basic and user:password in base64",
  });
}

/** Its proxy has asked for a login, and the helper is to be asked: nobody is told this. */
export function helperWanted(proxy: Proxy): ConnectError {
  return new ConnectError("PROXY_AUTH_REQUIRED", {
    hop: "proxy",
    message: `${named(proxy)} requires a login (407)`,
    remedy: "repeat the request: the command that gives the login is asked now",
  });
}

/** @param prefix that of the variables */
export function helperNotAllowed({ host, port }: Proxy, setting: string, prefix: string): ConnectError {
  return new ConnectError("PAC_PROXY_NOT_ALLOWED", {
    hop: "local",
    stage: "proxy-auth",
    message: `${named({ host, port })} requires a login (407), and is named by the PAC file alone: what ${setting} gives does not go there`,
    remedy: `if the proxy is your network's, allow it: ${prefix}_PROXY_AUTH_HOSTS=${formatHostPort(host, port)}`,
  });
}

/** A SOCKS proxy knows user and password alone. */
export function headerForSocks(proxy: Proxy, setting: string, scheme: string): ConnectError {
  return new ConnectError("PROXY_AUTH_UNSUPPORTED", {
    hop: "local",
    stage: "proxy-auth",
    message: `${setting}: the command gave a login by ${oneLine(scheme, 40)}, and ${named(proxy)} speaks SOCKS, which takes user and password alone`,
    remedy: "let the command print Basic for this proxy, whose URL it finds in CLAUDE_CODE_PROXY_URL",
  });
}
