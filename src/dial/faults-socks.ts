import { giveLogin } from "./login/faults.js";
import { ConnectError } from "../base/errors.js";
import type { FaultCode } from "../base/codes.js";
import type { ProxyProtocol } from "../policy/types.js";
import { authority, called, quotePeer, type Endpoint } from "./endpoint.js";
import { startsLikeTls } from "./faults-tunnel.js";

type Target = Pick<Endpoint, "host" | "port">;

function socksFault(code: FaultCode, message: string, remedy: string): ConnectError {
  return new ConnectError(code, { hop: "proxy", message, remedy });
}

/** RFC 1928 section 6. */
const replies: Readonly<Record<number, readonly [string, string]>> = {
  1: ["general failure", "ask the proxy's administrators: it gives no reason"],
  2: ["not allowed by its rules", "ask the proxy's administrators to allow this target"],
  3: ["network unreachable", "ask the proxy's administrators: it has no route to this network"],
  4: ["host unreachable", "check the target's name; the proxy cannot resolve or reach it"],
  5: ["connection refused by the target", "check the target's port: the proxy reached the host, and the host refused"],
  6: ["TTL expired", "ask the proxy's administrators: its route to the target loops"],
  7: ["command not supported", "use a proxy that allows CONNECT"],
  8: [
    "address type not supported",
    "write the proxy's URL with socks5h:// so that names are sent instead of addresses, or the other way around",
  ],
};

export function socks5Refusal(reply: number, proxy: Endpoint, target: Target): ConnectError {
  const [meaning, remedy] = replies[reply] ?? [`reply ${reply}`, "ask the proxy's administrators"];
  return socksFault("SOCKS_REFUSED", `${called(proxy)} did not connect to ${authority(target)}: ${meaning}`, remedy);
}

/** 0x5b to 0x5d of the SOCKS 4 memo. */
export function socks4Refusal(reply: number, proxy: Endpoint, target: Target): ConnectError {
  if (reply === 0x5c || reply === 0x5d) {
    return socksFault(
      "SOCKS_REFUSED",
      `${called(proxy)} wants to identify the user by identd, which is obsolete`,
      "use SOCKS 5 (socks5h://) with user and password",
    );
  }
  return socksFault(
    "SOCKS_REFUSED",
    `${called(proxy)} did not connect to ${authority(target)}: request rejected or failed`,
    "check the target; ask the proxy's administrators to allow it",
  );
}

export function socksAuthFault(proxy: Endpoint, loggedIn: boolean): ConnectError {
  return loggedIn
    ? socksFault(
        "PROXY_AUTH_REJECTED",
        `${called(proxy)} does not accept the configured user and password`,
        "check user and password in the proxy setting; some proxies require GSSAPI, which is not supported",
      )
    : socksFault(
        "PROXY_AUTH_REQUIRED",
        `${called(proxy)} requires a login, but none is configured`,
        giveLogin("socks5h"),
      );
}

export function notSocks(proxy: Endpoint, received: Buffer): ConnectError {
  if (received.toString("latin1", 0, 4) === "HTTP") return speaksHttpInstead(proxy);
  if (startsLikeTls(received)) return speaksTlsInstead(proxy);
  // Who greets in words (SSH, mail) is no proxy at all.
  const words = /^[\x20-\x7e]{2,}/.exec(received.toString("latin1", 0, 60))?.[0];
  if (words !== undefined) {
    return socksFault(
      "SOCKS_NOT_SOCKS",
      `${called(proxy)} answered with "${quotePeer(words, 40)}", which is not SOCKS`,
      "check the proxy's host and port: something other than a SOCKS proxy listens there",
    );
  }
  return socksFault(
    "SOCKS_NOT_SOCKS",
    `${called(proxy)} does not speak this version of SOCKS`,
    "check the proxy's port and its SOCKS version (socks5h:// or socks4a://)",
  );
}

export function speaksTlsInstead(proxy: Endpoint): ConnectError {
  return socksFault(
    "SOCKS_NOT_SOCKS",
    `${called(proxy)} speaks TLS, not SOCKS`,
    "write its URL with https:// if it is an HTTP proxy, or check its port",
  );
}

export function speaksHttpInstead(proxy: Endpoint): ConnectError {
  return socksFault("SOCKS_NOT_SOCKS", `${called(proxy)} speaks HTTP, not SOCKS`, "write its URL with http://");
}

/** The proxy went away before its reply was complete. */
export function socksClosed(proxy: Endpoint, cause: Error | undefined, received: Buffer): ConnectError {
  if (received.toString("latin1", 0, 4) === "HTTP") return speaksHttpInstead(proxy);
  if (startsLikeTls(received)) return speaksTlsInstead(proxy);
  const remedy =
    "check the proxy's port and its SOCKS version (socks5h:// or socks4a://), and whether it allows this target";
  return new ConnectError("PROXY_CLOSED", {
    hop: "proxy",
    message: `${called(proxy)} closed the connection in the middle of the SOCKS request`,
    remedy,
    cause,
  });
}

export function socksSilent(proxy: Endpoint, ms: number): ConnectError {
  return socksFault(
    "PROXY_TIMEOUT",
    `${called(proxy)} did not answer the SOCKS request within ${ms} ms`,
    "check that this port is a SOCKS proxy's, and that it can reach the target",
  );
}

export function tooLong(proxy: Endpoint, what: "login" | "host"): ConnectError {
  return socksFault(
    "SOCKS_REFUSED",
    `the ${what === "login" ? "user name and password" : "host name"} for ${called(proxy)} is longer than the 255 bytes that SOCKS 5 can carry`,
    "use an HTTP proxy, or a shorter one",
  );
}

export function needsIpv4(target: Target, protocol: ProxyProtocol): ConnectError {
  return new ConnectError("SOCKS_REFUSED", {
    hop: "proxy",
    message: `${target.host} is an IPv6 address, which ${protocol} cannot carry`,
    remedy: "write the proxy's URL with socks5h:// if it speaks SOCKS 5",
  });
}
