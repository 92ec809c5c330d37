import { createSecureContext, checkServerIdentity } from "node:tls";
import { Agent } from "node:https";
import { expect, test } from "vitest";
import type { ConnectOptions, NodeAgent } from "../clients/index.js";
import { StandIns } from "./stand-ins.js";

const programs = (options = {}): NodeAgent => new Agent(options) as unknown as NodeAgent;
const nameOf = (agent: NodeAgent, options: ConnectOptions): string => agent.getName(options);

test("each agent of the program's has connections of its own", () => {
  const standIns = new StandIns();
  const [one, other] = [programs({ keepAlive: true }), programs({ keepAlive: true })];
  expect(standIns.agent(one, "https:")).toBe(standIns.agent(one, "https:"));
  expect(standIns.agent(one, "https:")).not.toBe(standIns.agent(other, "https:"));
});

test("requests of one agent share a connection only where nothing of their TLS differs", () => {
  const own = new StandIns().agent(programs(), "https:");
  const ca = "an authority";
  const secureContext = createSecureContext();
  const others: readonly ConnectOptions[] = [
    { ca },
    { ca: "another" },
    { ca, checkServerIdentity },
    { ca, checkServerIdentity: () => undefined },
    { ca, checkServerIdentity: () => undefined },
    { ca, secureContext },
    { ca, secureContext: createSecureContext() },
    { ca, ALPNProtocols: ["http/1.1"] },
    { ca, ALPNProtocols: ["h2", "http/1.1"] },
  ];
  expect(new Set(others.map((options) => nameOf(own, options)))).toHaveLength(others.length);
  for (const options of others) expect(nameOf(own, { ...options })).toBe(nameOf(own, options));
});
