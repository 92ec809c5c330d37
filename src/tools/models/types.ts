import type { OddEdge } from "../../base/odd-edges.js";

/** A request's destination, in the spellings that the various tools compare with. */
export interface ReadTarget {
  readonly protocol: "http" | "https";
  /** As `URL.hostname` gives it: lower case, punycode, brackets round an IPv6 literal. */
  readonly hostname: string;
  /** The same without brackets. */
  readonly host: string;
  /** The port that is connected to, default ports included. */
  readonly port: number;
  /** The port as it is written in the URL: empty where it is the scheme's default. */
  readonly writtenPort: string;
}

/** How one other tool reads the proxy variables. Each model is checked against recorded runs of that tool. */
export interface ProxyModel {
  /** Stable name for machine output. */
  readonly id: string;
  /** The tool and the version that was run. */
  readonly tool: string;
  /** Variables in the order in which the tool looks at them; the first that is set wins. */
  readonly variables: {
    readonly http: readonly string[];
    readonly https: readonly string[];
    readonly noProxy: readonly string[];
  };
  /** Schemes of proxy URLs that the tool can use. Default: http and https. */
  readonly schemes?: readonly string[];
  /** What the tool does with a scheme that it cannot use, unless it fails. */
  readonly unknownScheme?: "direct";
  /** Set where the tool reads these variables only when told to. */
  readonly condition?: string;
  /**
   * What it does with a proxy whose value has such an end, for http URLs: uses the proxy, fails, or connects past it. Recorded from runs;
   * what is missing was not.
   */
  readonly edges?: Readonly<Partial<Record<OddEdge, "proxy" | "fails" | "direct">>>;
  /**
   * Where it reads something else in place of the variables above: the proxy's URL (empty where there is none), the value that exempts
   * hosts, and what both are called.
   */
  instead?(
    variables: Readonly<Record<string, string>>,
    target: ReadTarget,
  ): { readonly name: string; readonly value: string; readonly noProxyName: string; readonly noProxy: string };
  /** Whether the value of NO_PROXY (empty when unset) keeps this target away from the proxy. */
  bypasses(noProxy: string, target: ReadTarget): boolean;
}

/** What one tool would do for one URL with the variables as they are. */
export interface Reading {
  readonly id: string;
  readonly tool: string;
  readonly outcome: "direct" | "proxy" | "error";
  /** `scheme://host:port` of the proxy, without a login. Null unless the outcome is "proxy". */
  readonly proxy: string | null;
  /** One sentence that names the variable that decided. */
  readonly reason: string;
  readonly condition: string | null;
  /** Whether it goes where sallyport goes. */
  readonly agrees: boolean;
}
