import { AsyncResource } from "node:async_hooks";
import type { ClientRequest } from "node:http";

interface Queue {
  running: number;
  readonly waiting: (() => void)[];
}

/**
 * Keeps to the number of requests at once that an agent was made for, although its requests go out by another one: a program
 * that set `maxSockets` may rely on it, against a server's limits for one.
 */
export class Bounds {
  readonly #queues = new WeakMap<object, Map<string, Queue>>();

  /** `name`: of the pool that the agent would use. */
  run(agent: { readonly maxSockets?: number }, name: string, request: ClientRequest, work: () => void): void {
    const { maxSockets = Infinity } = agent;
    if (maxSockets === Infinity) {
      work();
      return;
    }
    const queue = this.#queueOf(agent, name);
    const waits = queue.running >= maxSockets;
    const begin = (): void => {
      queue.running++;
      work();
    };
    const turn = waits ? inThisContext(begin) : begin;
    request.once("close", () => {
      const at = queue.waiting.indexOf(turn);
      // One that was given up while it waited has no turn to pass on.
      if (at === -1) this.#next(queue);
      else queue.waiting.splice(at, 1);
    });
    if (waits) queue.waiting.push(turn);
    else turn();
  }

  #next(queue: Queue): void {
    queue.running--;
    queue.waiting.shift()?.();
  }

  #queueOf(agent: object, name: string): Queue {
    let queues = this.#queues.get(agent);
    if (queues === undefined) this.#queues.set(agent, (queues = new Map()));
    let queue = queues.get(name);
    if (queue === undefined) queues.set(name, (queue = { running: 0, waiting: [] }));
    return queue;
  }
}

/** As node:http's own queue does it: a turn comes in the context of another request, whose end made room. */
function inThisContext(work: () => void): () => void {
  const context = new AsyncResource("SallyportQueuedRequest", { requireManualDestroy: true });
  return () => context.runInAsyncScope(work);
}
