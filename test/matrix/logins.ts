import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { kerberosPackage, startRealm } from "../real/support/kerberos.js";
import { startSchemeSquid, type SchemeSquid } from "../real/support/scheme-squid.js";
import { startWinbind } from "../real/support/winbind.js";
import { columns, type SquidLogin } from "./columns.js";
import type { Tunnel } from "./evidence.js";

/** A squid with what checks its logins, for all cells of the matrix. */
export interface LoginProxy extends AsyncDisposable {
  /** With user and password, where it wants them. */
  readonly url: string;
  readonly surroundings: Readonly<Record<string, string>>;
  /** What it was asked for to be led to this target, as far as that has ended. */
  tunnels(target: string): Promise<readonly Tunnel[]>;
}

/** Why there is none stands in its place. */
export type LoginProxies = Readonly<Record<SquidLogin, LoginProxy | string>>;

const password = "p@ss#w%rd";
const names = columns.flatMap(({ targets }) => targets.map(({ host }) => host));

/** What starts it says why it cannot be had. */
export async function startLoginProxies(wanted: readonly string[]): Promise<LoginProxies & AsyncDisposable> {
  const started: AsyncDisposable[] = [];
  const keep = <Resource extends AsyncDisposable>(resource: Resource): Resource => {
    started.unshift(resource);
    return resource;
  };
  const start = async (login: SquidLogin, open: typeof startNtlm): Promise<LoginProxy | string> => {
    if (!wanted.includes(login)) return "not asked for";
    try {
      return await open(keep);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
  const [ntlm, negotiate] = await Promise.all([start("ntlm", startNtlm), start("negotiate", startNegotiate)]);
  return {
    ntlm,
    negotiate,
    async [Symbol.asyncDispose]() {
      for (const resource of started) await resource[Symbol.asyncDispose]();
    },
  };
}

type Keep = <Resource extends AsyncDisposable>(resource: Resource) => Resource;

async function startNtlm(keep: Keep): Promise<LoginProxy | string> {
  // A winbindd of the machine's own, or of another test, stays out of sight.
  mkdirSync("/run/samba", { recursive: true });
  execFileSync("mount", ["-t", "tmpfs", "tmpfs", "/run/samba"]);
  const winbind = await startWinbind(password);
  if (winbind === undefined) return "winbindd cannot run here";
  keep(winbind);
  const squid = await startSchemeSquid({
    scheme: () =>
      `auth_param ntlm program ${winbind.helper}\nauth_param ntlm children 6 startup=2\nauth_param ntlm keep_alive on`,
    names,
  });
  if (squid === undefined) return "squid is not installed";
  const user = encodeURIComponent(`LAB\\${winbind.user}`);
  return loginProxy(keep(squid), `${user}:${encodeURIComponent(password)}@`, {});
}

async function startNegotiate(keep: Keep): Promise<LoginProxy | string> {
  const modules = kerberosPackage();
  if ("missing" in modules) return modules.missing;
  const realm = await startRealm();
  if (realm === undefined) return "krb5kdc is not installed";
  keep(realm);
  const squid = await startSchemeSquid({
    scheme: (helpers, at) =>
      `auth_param negotiate program ${helpers}/negotiate_kerberos_auth -k ${at("http.keytab")} -s HTTP/localhost@LAB.TEST -t none\nauth_param negotiate children 6 startup=2\nauth_param negotiate keep_alive on`,
    files: { "http.keytab": realm.keytab },
    env: { KRB5_CONFIG: realm.env["KRB5_CONFIG"] ?? "" },
    names,
  });
  if (squid === undefined) return "squid is not installed";
  return loginProxy(keep(squid), "", { ...(await realm.ticket()), NODE_PATH: modules.folder });
}

function loginProxy(
  { port, log, [Symbol.asyncDispose]: close }: SchemeSquid,
  login: string,
  surroundings: LoginProxy["surroundings"],
): LoginProxy {
  const seen = async (target: string): Promise<readonly Tunnel[]> => {
    const lines = (await log.lines()).filter((line) => {
      if (line.target === target) return true;
      return URL.canParse(line.target ?? "") && new URL(line.target ?? "").host === target;
    });
    return lines.map(({ status, user }) => ({
      target,
      granted: status?.startsWith("2") === true,
      login: user !== undefined,
    }));
  };
  return {
    url: `http://${login}localhost:${port}`,
    surroundings,
    async tunnels(target) {
      // The client has ended, and so have its connections; squid has yet to hear of it.
      for (const deadline = performance.now() + 2000; performance.now() < deadline; await delay(20)) {
        const tunnels = await seen(target);
        if (tunnels.some(({ granted }) => granted)) return tunnels;
      }
      return seen(target);
    },
    [Symbol.asyncDispose]: close,
  };
}
