import EventEmitter from "node:events";
import type { ClientRequest } from "node:http";
import { currentVariables, keepClock, mayRead, setVariable, withinVariable } from "../env/index.js";
import { keepTimers } from "../base/timers.js";
import { coverReplaced, coverSynchronous, handedToThread, handToThread, watchChildren } from "./children.js";
import { divert, fillSlots, isCovered, refuseBuiltIns, usesEnvProxy } from "./dispatcher-slots.js";
import { makeLazyDispatcher, makeOriginTest } from "./lazy-dispatcher.js";
import { awaitNodes, share } from "./nodes-dispatcher.js";
import { requireFirst } from "../tools/index.js";
import { Loopback } from "./loopback.js";
import { Marks } from "./marks.js";
import { makeEngineAccess } from "./engine-access.js";
import { readSettings } from "./settings.js";
import { refusal, refuseAgents } from "./refusal.js";
import { makeEntrances, takesOf } from "./entrances.js";
import { whenLoaded } from "./module-loads.js";
import { watchModules } from "./watch-modules.js";
import { Workers } from "./workers.js";

/**
 * The preload, `node --require sallyport/register` or `--import sallyport/register`: an unmodified program goes out as the settings
 * have it. One CommonJS file, since that costs 0.7 ms where an ES module costs 4 (Node 20); it loads nothing of its own, and
 * waits for what programs load: node:http brings the second part, the first request everything else.
 *
 * Nothing is judged here: a program that makes no request runs whatever the settings are. Each request fails with their fault.
 */
function register(): void {
  // Deno and Bun read NODE_OPTIONS too, and are built otherwise: they go by the variables that `run` sets beside it.
  if ("deno" in process.versions || "bun" in process.versions) return;
  // A command of ours, that prints a password for one, goes by the variables: it cannot wait for a policy that waits for it.
  if ((currentVariables()[withinVariable] ?? "") !== "") return;
  const registered = Symbol.for("sallyport.register");
  // The first copy stays, of whatever version: two of them would take the requests of each other.
  if (registered in globalThis) return;
  Object.defineProperty(globalThis, registered, { value: true });

  keepTimers();
  keepClock();
  const settings = readSettings(handedToThread());
  setVariable("NODE_OPTIONS", requireFirst(__filename, settings.given["NODE_OPTIONS"]));
  const marks = new Marks();
  const mayLoad = mayRead(`${__dirname}/hooks.cjs`);
  const access = makeEngineAccess(
    async () => {
      if (!mayLoad) throw refusal();
      return (await import("./engine.js")).startEngine(settings);
    },
    (work) => marks.without(work),
  );
  const loopback = new Loopback(settings, access, mayLoad);
  let hooks: ReturnType<typeof import("./hooks.js").installHooks> | undefined;
  const isNodes = makeOriginTest((peer) => loopback.isLeftAlone(peer) || hooks?.mustAsk(peer) === true);
  const dispatcher = makeLazyDispatcher(EventEmitter, access, isNodes);
  if (!fillSlots(dispatcher) || !isCovered(dispatcher)) refuseBuiltIns();
  else awaitNodes(EventEmitter, dispatcher, (nodes) => share(nodes, dispatcher, isNodes));

  const begun = { access, settings, marks, loopback };
  const install = (): NonNullable<typeof hooks> =>
    (hooks ??= (require("./hooks.cjs") as typeof import("./hooks.js")).installHooks({ ...begun, entrances }));
  const entrances = makeEntrances(loopback, () => {
    if (!mayLoad) throw refusal();
    install();
  });
  const workers = new Workers(__filename, () => handToThread(settings));
  whenLoaded({
    ...takesOf(entrances),
    worker_threads: () => workers.take(),
    child_process: () => coverSynchronous(settings, __filename),
  });
  coverReplaced(settings, __filename);
  let hasAgents = false;
  const seeAgent = (prototype: object): void => {
    if (!hasAgents && !isOfAgents(prototype)) return;
    if (mayLoad) {
      hasAgents = true;
      install().seeAgent(prototype);
    } else refuseAgents(prototype);
  };
  const observer = {
    agent: seeAgent,
    request: (request: ClientRequest) => hooks?.seeRequest(request),
    child: (prototype: object) => watchChildren(prototype, settings, __filename),
    worker: (thread: object) => workers.begin(thread),
    envDispatcher: (other: object) => divert(other, dispatcher),
  };
  watchModules(EventEmitter, observer, usesEnvProxy(settings.given));
  // Loaded before this file: by another preload, or by Node itself for NODE_USE_ENV_PROXY=1.
  const { moduleLoadList } = process as unknown as { readonly moduleLoadList: readonly string[] };
  if (moduleLoadList.includes("NativeModule http")) seeAgent(process.getBuiltinModule("node:http").Agent.prototype);
}

/** Other classes may have a method of the name that agents are told by, before there is any agent. */
function isOfAgents(prototype: object): boolean {
  return ["addRequest", "createSocket", "keepSocketAlive"].every((name) => Object.hasOwn(prototype, name));
}

register();
