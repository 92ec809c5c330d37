import type { Secret } from "../../base/secret.js";

/** A proxy as a desktop or an operating system has it: host and port apart from what is spoken to it. */
export interface OsProxyServer {
  readonly protocol: "http" | "socks5h" | "socks4";
  /** As it is written there: `proxy.example:8080`, at times with a scheme before it, which then counts. */
  readonly address: string;
  readonly login?: { readonly username: string; readonly password: Secret };
}

/** The proxy settings of the operating system or the desktop, as the user of a browser has made them. */
export interface OsProxySettings {
  /** Whose they are, for people: "GNOME's settings". */
  readonly from: string;
  readonly https?: OsProxyServer;
  readonly http?: OsProxyServer;
  /** The URL of a PAC file. */
  readonly pac?: string;
  /** A PAC file is to be looked for in the network (WPAD). */
  readonly detects?: true;
  /** Hosts that are reached without a proxy, in the spelling of NO_PROXY. */
  readonly exceptions: readonly string[];
  /** Names without a dot are reached without a proxy (`<local>`). */
  readonly simpleNames?: true;
  /** Why they say nothing that can be used; the rest is then empty. */
  readonly problem?: OsProxyProblem;
}

/** What stood in the way. */
export type OsProxyProblem =
  | { readonly kind: "command"; readonly command: string; readonly code: string }
  | { readonly kind: "only-for-some" };

/** What a platform's reader may ask of the machine. */
export interface OsPlaces {
  readonly home: string;
  /** A variable's value; empty counts as unset. */
  readonly variable: (name: string) => string | undefined;
  /** Runs a program, and gives what it prints. Throws where it cannot be started, fails, or does not end within two seconds. */
  readonly run: (file: string, args: readonly string[]) => string;
  /** Throws where there is no such file. */
  readonly readFile: (path: string) => string;
}

/** Reads the settings of one platform. Undefined where there are none, or they say that there is no proxy. */
export type OsProxyReader = (places: OsPlaces) => OsProxySettings | undefined;
