import { isConnectError } from "../../base/errors.js";
import { oneLine } from "../../base/one-line.js";
import type { Network } from "../../clients/index.js";
import { parseTarget } from "../../doctor/index.js";
import type { BridgeEvent } from "../../mcp/types.js";
import type { Context } from "../context.js";
import { codeFor } from "../context.js";
import type { McpFlags } from "../invocation.js";
import { endedBy, exitCode } from "../terminal/io.js";
import { keepHeapSmall } from "../terminal/small-heap.js";
import { bridgeHeader } from "./mcp-headers.js";
import { openLog, type MessageLog } from "./mcp-log.js";
import { loginFor } from "./mcp-login.js";
import { networkOptions } from "./network.js";

/** `sallyport mcp <url>`: a bridge between the client that started it and a server, until the client has gone. */
export async function mcpCommand(text: string, flags: McpFlags, context: Context): Promise<number> {
  const { io, terminal } = context;
  keepHeapSmall();
  const url = parseTarget(text);
  const options = networkOptions(flags, context);
  const headers = (flags.header ?? []).map((line) => bridgeHeader(line, context.variables, options.system));
  const [{ refuseClient, runBridge }, { createNetwork }] = await Promise.all([
    import("../../mcp/index.js"),
    import("../../clients/index.js"),
  ]);
  const { stdin: input, stdout: output, signal } = io;
  let log: MessageLog | undefined;
  let network: Network | undefined;
  try {
    log = flags.log === undefined ? undefined : await openLog(flags.log, flags.logBodies === true);
    network = await createNetwork({ ...options, watch: true });
    await terminal.warn(network.warnings);
    await runBridge({
      url,
      network,
      input,
      output,
      headers,
      onEvent: teller(context, log),
      signal,
      login: await loginFor(url, flags, { context, network, system: options.system }),
      tools: { allow: flags.allowTool ?? [], deny: flags.denyTool ?? [] },
      ...(flags.protocol !== undefined && { protocol: flags.protocol }),
    });
  } catch (error) {
    if (!isConnectError(error)) throw error;
    // The client shows its user what a server answers, and seldom what it printed.
    teller(context, log)({ kind: "fault", fault: error });
    await refuseClient(error, { input, output, signal });
    if (!signal.aborted) return codeFor(error);
  } finally {
    io.closeStdin?.();
    await network?.destroy();
    await log?.close();
  }
  return signal.aborted ? exitCode[endedBy(signal)] : exitCode.fine;
}

/** A line on stderr for each fault. A closed stderr is no reason to stop. */
function teller({ terminal }: Context, log: MessageLog | undefined): (event: BridgeEvent) => void {
  const say = (line: string): void => void terminal.note(line).catch(() => undefined);
  return (event) => {
    log?.write(event);
    if (event.kind === "fault") {
      const { message, remedy, code } = event.fault;
      say(`${terminal.err.bad("error:")} ${oneLine(message)} [${code}]; ${oneLine(remedy)}`);
    } else if (event.kind === "tool-rejected") {
      const tool = JSON.stringify(oneLine(event.tool, 80));
      say(`${terminal.err.warn("warning:")} the tool ${tool} is left out: ${event.reason}`);
    }
  };
}
