import { parseTarget } from "../../doctor/index.js";
import { oneLine } from "../../base/one-line.js";
import type { BridgeEvent } from "../../mcp/types.js";
import type { Context } from "../context.js";
import type { McpFlags } from "../program.js";
import { endedBy, exitCode } from "../terminal/io.js";
import { loginFor } from "./mcp-login.js";
import { networkOptions } from "./network.js";

/** `sallyport mcp <url>`: a bridge between the client that started it and a server, until the client has gone. */
export async function mcpCommand(text: string, flags: McpFlags, context: Context): Promise<number> {
  const { io, terminal } = context;
  const url = parseTarget(text);
  const [{ runBridge }, { createNetwork }] = await Promise.all([
    import("../../mcp/index.js"),
    import("../../clients/index.js"),
  ]);
  const options = networkOptions(flags, context);
  const network = await createNetwork({ ...options, watch: true });
  try {
    await terminal.warn(network.warnings);
    await runBridge({
      url,
      network,
      input: io.stdin,
      output: io.stdout,
      onEvent: teller(context),
      signal: io.signal,
      login: await loginFor(url, flags, { context, network, system: options.system }),
      ...(flags.protocol !== undefined && { protocol: flags.protocol }),
    });
  } finally {
    await network.destroy();
  }
  return io.signal.aborted ? exitCode[endedBy(io.signal)] : exitCode.fine;
}

/** A line on stderr for each fault. A closed stderr is no reason to stop. */
function teller({ terminal }: Context): (event: BridgeEvent) => void {
  return (event) => {
    if (event.kind !== "fault") return;
    const { message, remedy, code } = event.fault;
    const line = `${terminal.err.bad("error:")} ${oneLine(message)} [${code}]; ${oneLine(remedy)}`;
    terminal.note(line).catch(() => undefined);
  };
}
