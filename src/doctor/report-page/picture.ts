import { html, type Html } from "../../base/html.js";
import { formatHostPort } from "../../base/hostname.js";
import type { TargetReport } from "../types.js";

/** How one of those on the way is doing. */
type State = "good" | "warn" | "bad" | "unknown";

interface Node {
  readonly what: string;
  readonly name: string;
  readonly state: State;
  /** In words, beside the colour. */
  readonly says: string;
}

/** The way as a picture: this machine, proxies, whoever opens the TLS, the target; each with its state in words, too. */
export function pathPicture(target: TargetReport): Html {
  const nodes = nodesOf(target);
  return html`<ol class="path" aria-label="The way, from this machine to the target">
    ${nodes.map(
      ({ what, name, state, says }) =>
        html`<li>
          <div class="node ${state}">
            <p class="what">${what} <span class="state ${state}">${says}</span></p>
            <p class="name mono">${name}</p>
          </div>
        </li>`,
    )}
  </ol>`;
}

function nodesOf(target: TargetReport): Node[] {
  const { route, faults, inspector, stages } = target;
  const failed = target.ok ? undefined : (faults[0]?.hop ?? stages.find(({ ok }) => !ok)?.hop ?? "local");
  const proxies = route?.hops ?? [];
  const order = ["local", "proxy", "target"] as const;
  const at = failed === undefined ? order.length : order.indexOf(failed);
  const stateOf = (hop: (typeof order)[number]): Pick<Node, "state" | "says"> => {
    const place = order.indexOf(hop);
    if (place < at) return { state: "good", says: "works" };
    return place === at ? { state: "bad", says: "fails here" } : { state: "unknown", says: "not reached" };
  };
  // A broken setting need not stop the way, and is one all the same.
  const broken = stages.some(({ hop, ok }) => hop === "local" && !ok);
  // The target may be well: what is not trusted is whoever answers in its place.
  const refused = faults[0]?.code === "TLS_INSPECTED" && inspector !== null;
  return [
    {
      what: "You",
      name: "this machine",
      ...(broken ? { state: "bad" as const, says: "a setting fails" } : stateOf("local")),
    },
    ...proxies.map(({ protocol, host, port }) => ({
      what: proxies.length > 1 ? `${protocol} proxy, one of ${proxies.length}` : `${protocol} proxy`,
      name: formatHostPort(host, port),
      ...stateOf("proxy"),
    })),
    ...(inspector === null
      ? []
      : [
          refused
            ? { what: "Inspector", name: inspector, state: "bad" as const, says: "opens the TLS, not trusted here" }
            : { what: "Inspector", name: inspector, state: "warn" as const, says: "opens the TLS" },
        ]),
    {
      what: "Target",
      name: new URL(target.url).host,
      ...(refused ? { state: "unknown" as const, says: "not reached" } : stateOf("target")),
    },
  ];
}
