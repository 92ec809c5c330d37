import type { ClientName } from "../mcp/settings/index.js";
import type { GivenOption } from "./model/given-options.js";
import type { CaptureFlags } from "./model/options.js";

/** The flags that every command takes. Secrets are no flags: `ps` shows those to everybody. */
export interface GlobalFlags {
  readonly proxy?: string;
  readonly noProxy?: string;
  readonly cacert?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
  readonly pfx?: string;
  readonly passphraseFile?: string;
  readonly passphraseCommand?: string;
  readonly config?: string;
  readonly strict?: boolean;
  readonly json?: boolean;
  readonly color: boolean;
}

export interface DoctorFlags extends GlobalFlags {
  readonly probe?: string;
  readonly html?: string;
  readonly watch?: boolean;
  readonly interval?: string;
}

export interface FetchFlags extends GlobalFlags {
  readonly request?: string;
  readonly header?: readonly string[];
  readonly data?: string;
  readonly output?: string;
  readonly include?: boolean;
  readonly location?: boolean;
  readonly fail?: boolean;
  readonly verbose?: boolean;
  readonly maxTime?: string;
  readonly resolve?: readonly string[];
}

export interface RunFlags extends GlobalFlags, CaptureFlags {
  readonly check?: readonly string[] | false;
  readonly only?: "preload" | "env" | "gateway";
  readonly intercept?: readonly string[];
  readonly requireToken?: boolean;
  readonly print?: boolean;
}

export interface GatewayFlags extends GlobalFlags {
  readonly listen?: string;
  readonly token: boolean;
  readonly tokenFile?: string;
  readonly requireToken?: boolean;
  readonly intercept?: readonly string[];
  readonly origin?: readonly string[];
  readonly drain?: string;
  readonly followNetwork: boolean;
  readonly linkLocal?: boolean;
  readonly verbose?: boolean;
}

export interface McpFlags extends GlobalFlags {
  readonly header?: readonly string[];
  readonly protocol?: "auto" | "legacy" | "modern";
  readonly allowTool?: readonly string[];
  readonly denyTool?: readonly string[];
  readonly log?: string;
  readonly logBodies?: boolean;
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly clientKey?: string;
  readonly grant?: "client_credentials";
  readonly scope?: string;
  readonly callbackPort?: string;
  readonly browser: boolean;
  readonly tokenStore?: "file" | "keyring";
  readonly client?: ClientName;
  readonly project?: boolean;
  readonly replace?: boolean;
  readonly undo?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

export interface EnvFlags extends GlobalFlags {
  readonly shell?: string;
  readonly for?: string;
  readonly undo?: boolean;
  readonly secrets?: boolean;
  readonly preload?: boolean;
  readonly value?: string;
  readonly gateway?: string | true;
}

export interface LoginFlags extends GlobalFlags {
  readonly user?: string;
  readonly store?: "keyring" | "file";
}

export interface CertFlags extends GlobalFlags {
  readonly maxUsed?: string;
  readonly output?: string;
  readonly encrypt: boolean;
}

export interface TrustFlags extends GlobalFlags {
  readonly fingerprint?: string;
  readonly for?: string;
  readonly output?: string;
}

/** What the command line asks for. */
export type Invocation =
  | { readonly command: "fetch"; readonly url: string; readonly flags: FetchFlags }
  | { readonly command: "explain"; readonly url: string; readonly flags: GlobalFlags }
  | { readonly command: "explain-error"; readonly words: readonly string[]; readonly flags: GlobalFlags }
  | { readonly command: "doctor"; readonly urls: readonly string[]; readonly flags: DoctorFlags }
  | { readonly command: "lab"; readonly run: readonly string[]; readonly flags: GlobalFlags }
  | { readonly command: "demo"; readonly flags: GlobalFlags }
  | { readonly command: "run"; readonly argv: readonly string[]; readonly flags: RunFlags }
  | { readonly command: "gateway"; readonly flags: GatewayFlags }
  | { readonly command: "mcp"; readonly url: string; readonly flags: McpFlags }
  | { readonly command: "mcp-logout"; readonly url: string; readonly flags: McpFlags }
  | {
      readonly command: "mcp-install";
      readonly name: string;
      /** Undefined only for --undo. */
      readonly url: string | undefined;
      /** Those of the bridge, to be written into the entry. */
      readonly options: readonly GivenOption[];
      readonly flags: McpFlags;
    }
  | { readonly command: "mcp-list"; readonly flags: McpFlags }
  | { readonly command: "mcp-check"; readonly names: readonly string[]; readonly flags: McpFlags }
  | { readonly command: "login"; readonly url: string | undefined; readonly flags: LoginFlags }
  | { readonly command: "logout" | "auth-header"; readonly url: string | undefined; readonly flags: GlobalFlags }
  | { readonly command: "env"; readonly flags: EnvFlags }
  | { readonly command: "cert"; readonly words: readonly string[]; readonly flags: CertFlags }
  | { readonly command: "trust"; readonly words: readonly string[]; readonly flags: TrustFlags }
  | { readonly command: "completion"; readonly shell: string; readonly flags: GlobalFlags }
  /** `--help` and `--version`: text for stdout. */
  | { readonly command: "text"; readonly text: string };
