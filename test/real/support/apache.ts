import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AccessLog } from "./access-log.js";
import type { Certificates } from "./certificates.js";
import { startDaemon } from "./daemon.js";
import { freePorts } from "./ports.js";
import { findProgram } from "./programs.js";

/** One Apache on ports that differ in what they speak. All ask for the client certificate where a path begins with /private. */
export interface Apache {
  /** TLS 1.2 and 1.3, HTTP/1.1. */
  readonly http1: number;
  /** The same with HTTP/2. */
  readonly http2: number;
  readonly tls12: number;
  readonly tls13: number;
  readonly log: AccessLog<ApacheLine>;
  stop(): Promise<void>;
}

export interface ApacheLine {
  readonly port: string;
  readonly request: string;
  readonly status: string;
  /** "-" where the TLS broke under the request. */
  readonly protocol: string;
  readonly subject: string;
}

const directories = ["/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/lib/httpd/modules"];

/** Why there is no Apache here, or undefined where there is. */
export function withoutApache(): string | undefined {
  if (findProgram("apache2") === undefined) return "apache2 is not installed";
  return directories.some((directory) => existsSync(directory)) ? undefined : "apache2 has no modules here";
}

export async function startApache(certs: Certificates): Promise<Apache> {
  const directory = await mkdtemp(join(tmpdir(), "sallyport-apache-"));
  await chmod(directory, 0o755);
  const port = await freePorts(4);
  const ports = { http1: port(), http2: port(), tls12: port(), tls13: port() };
  const account = process.getuid?.() === 0 ? { uid: idOf("-u"), gid: idOf("-g") } : undefined;
  for (const path of ["open", "private", "forbidden"]) {
    await mkdir(join(directory, "www", path), { recursive: true });
    await writeFile(join(directory, "www", path, "page"), `this is /${path}\n`);
  }
  await writeFile(join(directory, "apache.conf"), configuration(ports, directory, certs));
  if (account !== undefined) execFileSync("chown", ["-R", `${account.uid}:${account.gid}`, directory]);
  const daemon = await startDaemon("apache", {
    command: findProgram("apache2") ?? "apache2",
    args: ["-d", directory, "-f", join(directory, "apache.conf"), "-DFOREGROUND"],
    ports: Object.values(ports),
    directory,
    account,
  });
  return {
    ...ports,
    log: new AccessLog(join(directory, "access.log"), parseLine),
    stop: async () => {
      await daemon.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function idOf(flag: "-u" | "-g"): number {
  return Number(execFileSync("id", [flag, "nobody"], { encoding: "utf8" }));
}

type Ports = Pick<Apache, "http1" | "http2" | "tls12" | "tls13">;

function configuration(ports: Ports, directory: string, certs: Certificates): string {
  const modules = directories.find((path) => existsSync(path)) ?? "";
  const load = ["mpm_event", "authz_core", "ssl", "socache_shmcb", "http2", "mime"].map(
    (name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`,
  );
  const host = (port: number, protocols: string, versions: string): string => `
Listen 127.0.0.1:${port}
<VirtualHost 127.0.0.1:${port}>
  SSLEngine on
  SSLProtocol ${versions}
  Protocols ${protocols}
</VirtualHost>`;
  return `
ServerName localhost
ServerRoot ${directory}
PidFile ${directory}/apache.pid
DefaultRuntimeDir ${directory}
${load.join("\n")}
TypesConfig /dev/null
ErrorLog ${directory}/error.log
LogFormat "%p|%r|%>s|%{SSL_PROTOCOL}x|%{SSL_CLIENT_S_DN_CN}x" proof
CustomLog ${directory}/access.log proof
DocumentRoot ${directory}/www
SSLSessionCache shmcb:${directory}/sessions(512000)
SSLCertificateFile ${certs.server.cert}
SSLCertificateKeyFile ${certs.server.key}
SSLCACertificateFile ${certs.clientCa}
<Directory ${directory}/www>
  Require all granted
</Directory>
<Location /private>
  SSLVerifyClient require
</Location>
<Location /forbidden>
  Require all denied
</Location>
${host(ports.http1, "http/1.1", "-all +TLSv1.2 +TLSv1.3")}
${host(ports.http2, "h2 http/1.1", "-all +TLSv1.2 +TLSv1.3")}
${host(ports.tls12, "http/1.1", "TLSv1.2")}
${host(ports.tls13, "http/1.1", "TLSv1.3")}
`;
}

function parseLine(line: string): ApacheLine {
  const [port = "", request = "", status = "", protocol = "", subject = ""] = line.split("|");
  return { port, request, status, protocol, subject };
}
