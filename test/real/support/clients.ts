import { execFile } from "node:child_process";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { text } from "node:stream/consumers";
import { inspect } from "node:util";
import { builtCli, library, type Fault } from "./built.js";
import { openNetwork, type Variables } from "./network.js";

/** What came of one request, by whichever way it was made. */
export interface Outcome {
  readonly status?: number;
  readonly body?: string;
  /** Where it failed with one of ours. */
  readonly fault?: Fault;
  /** All that a person would get to see: searched for what must not be there. */
  readonly said: string;
}

/** One request by one of the ways that programs have. */
export type Client = (url: string, variables: Variables) => Promise<Outcome>;

/** `network.fetch`: what most programs use. */
export const byFetch: Client = (url, variables) =>
  withNetwork(variables, async (network) => {
    const response = await network.fetch(url);
    return { status: response.status, body: await response.text(), said: "" };
  });

/** `node:https` with `network.agents`: what axios, got and older SDKs use. */
export const byAgent: Client = (url, variables) =>
  withNetwork(variables, async (network) => {
    const isTls = url.startsWith("https:");
    const agent = isTls ? network.agents.https : network.agents.http;
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      (isTls ? httpsRequest : httpRequest)(url, { agent }, resolve).on("error", reject).end();
    });
    return { status: response.statusCode ?? 0, body: await text(response), said: "" };
  });

async function withNetwork(
  variables: Variables,
  ask: (network: Awaited<ReturnType<typeof openNetwork>>) => Promise<Outcome>,
): Promise<Outcome> {
  await using network = await openNetwork(variables);
  try {
    return await ask(network);
  } catch (error) {
    const fault = await faultIn(error);
    // Anything else that is thrown is a failure of the test, with all of its stack.
    if (fault === undefined) throw error;
    return { fault, said: inspect(error, { depth: 10 }) };
  }
}

/** fetch hands our error over as the cause of its TypeError, as it does with every error of the network. */
async function faultIn(error: unknown): Promise<Fault | undefined> {
  const { isConnectError } = await library();
  for (let current = error; current instanceof Error; current = current.cause) {
    if (isConnectError(current)) return current.toJSON();
  }
  return undefined;
}

/** `sallyport fetch`, in a process that has no other variables than these. */
export const byCommand: Client = async (url, variables) => {
  const { stdout, stderr } = await runCommand(["fetch", "--json", url], variables);
  const answer: FetchAnswer = JSON.parse(stdout);
  const said = stdout + stderr;
  if (!answer.ok) return { fault: answer.fault, said };
  return { status: answer.status, body: answer.body.text, said };
};

/** schema/fetch.json, as far as it is read here. */
type FetchAnswer =
  | { readonly ok: true; readonly status: number; readonly body: { readonly text: string } }
  | { readonly ok: false; readonly fault: Fault };

/** `sallyport doctor`: it looks at answers too, and names what they say about the road. */
export const byDoctor: Client = async (url, variables) => {
  const { stdout, stderr } = await runCommand(["doctor", "--json", url], variables);
  const report: { readonly ok: boolean; readonly faults: readonly Fault[] } = JSON.parse(stdout);
  const [fault] = report.faults;
  const said = stdout + stderr;
  return fault === undefined ? { said } : { fault, said };
};

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export function runCommand(args: readonly string[], variables: Variables): Promise<CommandResult> {
  const env = { PATH: process.env["PATH"], HOME: "/nonexistent", ...variables };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [builtCli, ...args], { env, timeout: 20_000 }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== "number") reject(error);
      else resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
    });
  });
}

export const clients: readonly { readonly name: string; readonly ask: Client }[] = [
  { name: "fetch", ask: byFetch },
  { name: "node:https", ask: byAgent },
  { name: "the command", ask: byCommand },
];

/** Where something is wrong, the doctor must say what programs get. */
export const clientsAndDoctor = [...clients, { name: "the doctor", ask: byDoctor }];
