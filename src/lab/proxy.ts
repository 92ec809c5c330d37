import { httpService } from "./http-proxy.js";
import { Inspector } from "./inspect.js";
import { Listener, tlsAcceptor, type Connection, type TlsAcceptor } from "./listener.js";
import { faultAtAccept, faultAtConnection } from "./proxy-faults.js";
import type { ProxyContext, Service } from "./service.js";
import { socksService } from "./socks.js";
import { serverCertificate } from "./server-certificate.js";
import type { LabAuthorities, LabProxy, ProxyFault, ProxyOptions } from "./types.js";
import type { World } from "./world.js";

/** @throws RangeError for options that do not go together. */
export async function createProxy(world: World, name: string, options: ProxyOptions): Promise<LabProxy> {
  const { protocol = "http", inspect = false } = options;
  if (protocol === "socks" && inspect !== false) throw new RangeError("a SOCKS proxy does not inspect");
  if (protocol !== "https" && (options.clientCertificate !== undefined || options.certificate !== undefined)) {
    throw new RangeError("only an https proxy has or asks for a certificate");
  }
  const acceptor = protocol === "https" ? await proxyTls(world.authorities, options) : undefined;
  const proxy = new ProxyServer(world, name, options, acceptor);
  await proxy.open();
  return proxy;
}

class ProxyServer implements LabProxy, ProxyContext {
  readonly name: string;
  readonly world: World;
  login: ProxyOptions["login"];
  fault: ProxyFault | undefined;
  readonly #options: ProxyOptions;
  readonly #acceptor: TlsAcceptor | undefined;
  readonly #service: Service;
  #listener: Listener | undefined;

  constructor(world: World, name: string, options: ProxyOptions, acceptor: TlsAcceptor | undefined) {
    this.name = name;
    this.world = world;
    this.login = options.login;
    this.fault = options.fault;
    this.#options = options;
    this.#acceptor = acceptor;
    this.#service =
      options.protocol === "socks" ? socksService(this) : httpService(this, inspectorOf(world.authorities, options));
  }

  async open(): Promise<void> {
    this.#listener = await Listener.open({
      name: this.name,
      log: this.world.log,
      address: this.#options.address ?? "127.0.0.1",
      onConnection: (connection) => void this.#accept(connection),
    });
  }

  get listener(): Listener {
    if (this.#listener === undefined) throw new Error(`${this.name} does not listen yet`);
    return this.#listener;
  }

  get port(): number {
    return this.listener.port;
  }

  get url(): string {
    return `${this.#scheme}://localhost:${this.port}`;
  }

  get urlWithLogin(): string {
    if (this.login === undefined) return this.url;
    const userinfo = [this.login.username, this.login.password].map(encodeURIComponent).join(":");
    return `${this.#scheme}://${userinfo}@localhost:${this.port}`;
  }

  dropConnections(): void {
    this.listener.drop();
  }

  close(): Promise<void> {
    return this.listener.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #scheme(): string {
    return this.#options.protocol === "socks" ? "socks5h" : (this.#options.protocol ?? "http");
  }

  async #accept(connection: Connection): Promise<void> {
    if (faultAtAccept(this.fault, connection.raw)) return;
    if (this.#acceptor && !(await this.listener.secure(connection, this.#acceptor))) return;
    if (faultAtConnection(this.fault, connection.socket)) return;
    this.#service(connection);
  }
}

function inspectorOf(authorities: LabAuthorities, { inspect = false }: ProxyOptions): Inspector | undefined {
  if (inspect === false) return undefined;
  return new Inspector(authorities, inspect === true ? [] : inspect.exempt);
}

async function proxyTls(authorities: LabAuthorities, options: ProxyOptions): Promise<TlsAcceptor> {
  const { chain, key } = await serverCertificate(authorities, "proxy.lab.test", options.certificate ?? "good");
  return tlsAcceptor({
    cert: chain,
    key,
    ca: authorities.client.cert,
    // Asked for in any case: the log shall show a client that gives its certificate away.
    requestCert: true,
    rejectUnauthorized: options.clientCertificate === "required",
    ALPNProtocols: ["http/1.1"],
  });
}
