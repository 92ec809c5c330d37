/** Rounds in which every forwarder has its turn, so that what disturbs the machine meanwhile disturbs all of them. */
import { median } from "../statistics.mjs";

/**
 * @param {Map<string, object>} fleet
 * @param workload `warmUp`: milliseconds for which each forwarder is asked before the first round; default half a round
 * @returns {Promise<Map<string, { samples: object[], failure?: string }>>} what the load generator answered, with `cpu`: the
 *   forwarder's µs. A peer that breaks down is left out from then on; ours may not.
 */
export async function playRounds(fleet, load, { order, options, warmUp }, { rounds, ms }) {
  const results = new Map([...fleet.keys()].map((name) => [name, { samples: [] }]));
  const play = async (name, length) => {
    const { via, usage, ours } = fleet.get(name);
    const result = results.get(name);
    if (result.failure !== undefined) return undefined;
    try {
      const before = await usage();
      const sample = await load.ask(order, { ...options, via, ms: length });
      const { cpu } = await usage();
      return { ...sample, cpu: cpu - before.cpu };
    } catch (error) {
      if (ours) throw new Error(`${order} through ${name} failed`, { cause: error });
      result.failure = error.message.split("\n")[0];
      return undefined;
    }
  };
  for (const name of fleet.keys()) await play(name, warmUp ?? ms / 2);
  for (let round = 0; round < rounds; round++) {
    // Who comes first changes, so that nobody always runs behind the same neighbour.
    const names = [...fleet.keys()];
    for (const name of [...names.slice(round % names.length), ...names.slice(0, round % names.length)]) {
      const sample = await play(name, ms);
      if (sample !== undefined) results.get(name).samples.push(sample);
    }
  }
  return results;
}

/**
 * A neighbour's burst of work looks like a loss. A real one is there the second time, too, with more rounds.
 * @param again the second time: with new processes, since one may be slow for its whole life (a pipe of node:net by a fifth)
 */
export async function measureTwice(title, once, { rounds, ms }, progress, again = once) {
  progress(title);
  const first = await once({ rounds, ms });
  if (first.every(({ verdict }) => verdict !== "MISSED")) return first;
  progress(`${title}, once more`);
  return again({ rounds: rounds + 3, ms });
}

/** Median, and the least and the greatest of the rounds. */
export function spread(values) {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}
