import { once } from "node:events";
import { createPrivateFolder, type PrivateFolder } from "../../env/index.js";
import type { Gateway, GatewayEvent } from "../../gateway/types.js";
import type { Context } from "../context.js";
import { notReloaded } from "../faults.js";
import { describeEvent, describeGateway, renderGateway, type AuthorityFiles } from "./gateway-print.js";
import { parseDrain, parseListen, parseOrigins, readToken } from "./gateway-settings.js";
import { exitCode } from "../terminal/io.js";
import { networkOptions } from "./network.js";
import type { GatewayFlags } from "../invocation.js";
import { oneLine } from "../../base/one-line.js";

/** Different faults that are told without --verbose; a page that asks for a thousand hosts must not fill the terminal. */
const mostFaults = 100;

/** Told without --verbose, too. */
const always: ReadonlySet<GatewayEvent["kind"]> = new Set(["fault", "reloaded", "network-changed", "draining"]);

/**
 * `sallyport gateway`: serves until SIGINT or SIGTERM, lets what is under way finish, and exits 0. SIGHUP loads the settings again.
 */
export async function gatewayCommand(flags: GatewayFlags, context: Context): Promise<number> {
  const { io, terminal } = context;
  const listen = parseListen(flags.listen);
  const origins = parseOrigins(flags.origin);
  const drainTimeout = parseDrain(flags.drain);
  const token = await readToken(flags, context);
  const [{ startGateway }, { contextLoader }] = await Promise.all([
    import("../../gateway/index.js"),
    import("../../clients/index.js"),
  ]);
  const gateway = await startGateway(
    {
      // Read again at each reload: config files change, and so may what the variables name.
      load: contextLoader(() => networkOptions(flags, context)),
      listen,
      origins,
      ...(token !== undefined && { token }),
      sameUser: flags.requireToken !== true,
      ...(flags.intercept !== undefined && { intercept: flags.intercept }),
      ...(drainTimeout !== undefined && { drainTimeout }),
      followNetwork: flags.followNetwork,
      linkLocal: flags.linkLocal ?? false,
      onEvent: teller(flags, context),
    },
    "command",
  );
  const release = io.takeHangups?.(() => void gateway.reload().catch(() => undefined));
  try {
    const { policy, trust, identities } = gateway.context;
    await terminal.warn([...policy.warnings, ...trust.warnings, ...identities.warnings]);
    await using folder = gateway.authority === undefined ? undefined : await createPrivateFolder();
    const files = folder && (await writeAuthority(gateway, folder));
    if (flags.json === true) await terminal.json(describeGateway(gateway, files));
    else await terminal.print(renderGateway(gateway, files, terminal.out));
    if (!io.signal.aborted) await once(io.signal, "abort");
    await gateway.close();
    return exitCode.fine;
  } finally {
    release?.();
    await gateway.destroy();
  }
}

/** Certificates alone: the authority's key never leaves the process. */
async function writeAuthority({ authority = "", context }: Gateway, folder: PrivateFolder): Promise<AuthorityFiles> {
  const lines = (pems: readonly string[]): string => pems.map((pem) => `${pem.trimEnd()}\n`).join("");
  return {
    authority: await folder.write("authority.pem", lines([authority])),
    bundle: await folder.write("bundle.pem", lines([authority, ...context.trust.extra])),
  };
}

/** Tells events on stderr: all of them with --verbose, else what needs somebody, each kind of fault once for each target. */
function teller({ verbose = false }: GatewayFlags, { terminal }: Context): (event: GatewayEvent) => void {
  const said = new Set<string>();
  const tell = (event: GatewayEvent): Promise<void> | undefined => {
    if (event.kind === "reload-failed") return terminal.fail(notReloaded(event.fault));
    if (event.kind === "reloaded" && event.notIntercepted.length > 0) {
      const hosts = event.notIntercepted.join(", ");
      return terminal.note(
        `${terminal.err.warn("warning:")} settings reloaded; the TLS of ${hosts} is not intercepted until the gateway is restarted`,
      );
    }
    if (event.kind === "fault" && !verbose) {
      const key = `${event.fault.code} ${event.target}`;
      if (said.has(key) || said.size >= mostFaults) return undefined;
      said.add(key);
    } else if (!verbose && !always.has(event.kind)) return undefined;
    const line = describeEvent(event);
    return line === undefined ? undefined : terminal.note(oneLine(line));
  };
  // A closed stderr is no reason to stop serving.
  return (event) => void tell(event)?.catch(() => undefined);
}
