import { metaKey, withMeta } from "./era.js";
import { isObject, type Id, type Message, type Notification, type Params, type Request } from "./json-rpc.js";

export interface SubscriptionsSetup {
  toClient(message: Message): void;
  toServer(method: string, params: Params): void;
}

interface Subscription {
  readonly lists: ReadonlySet<string>;
  readonly resources: ReadonlySet<string>;
}

/** The fields of a filter that are about lists, and what tells of a change. */
const lists: Readonly<Record<string, string>> = {
  toolsListChanged: "notifications/tools/list_changed",
  promptsListChanged: "notifications/prompts/list_changed",
  resourcesListChanged: "notifications/resources/list_changed",
};

/** `subscriptions/listen` for a server that knows only to speak to everybody. */
export class Subscriptions {
  readonly #setup: SubscriptionsSetup;
  readonly #open = new Map<Id, Subscription>();

  constructor(setup: SubscriptionsSetup) {
    this.#setup = setup;
  }

  open({ id, params }: Request): void {
    const wanted = isObject(params?.["notifications"]) ? params["notifications"] : {};
    const names = Object.keys(lists).filter((name) => wanted[name] === true);
    const uris: readonly unknown[] = Array.isArray(wanted["resourceSubscriptions"])
      ? wanted["resourceSubscriptions"]
      : [];
    const resources = new Set(uris.filter((uri) => typeof uri === "string"));
    for (const uri of resources) if (!this.#isWatched(uri)) this.#setup.toServer("resources/subscribe", { uri });
    this.#open.set(id, { lists: new Set(names.map((name) => lists[name] ?? "")), resources });
    const notifications = {
      ...Object.fromEntries(names.map((name) => [name, true])),
      ...(resources.size > 0 && { resourceSubscriptions: [...resources] }),
    };
    this.#setup.toClient({
      jsonrpc: "2.0",
      method: "notifications/subscriptions/acknowledged",
      params: { _meta: { [metaKey.subscription]: id }, notifications },
    });
  }

  has(id: Id): boolean {
    return this.#open.has(id);
  }

  /** False: there is no such subscription. */
  close(id: Id): boolean {
    const subscription = this.#open.get(id);
    if (subscription === undefined) return false;
    this.#open.delete(id);
    for (const uri of subscription.resources)
      if (!this.#isWatched(uri)) this.#setup.toServer("resources/unsubscribe", { uri });
    return true;
  }

  /** True for what subscriptions are about, whether there is one or not: nobody else may hear it. */
  deliver(notification: Notification): boolean {
    const { method, params } = notification;
    const isUpdate = method === "notifications/resources/updated";
    if (!isUpdate && !Object.values(lists).includes(method)) return false;
    for (const [id, subscription] of this.#open) {
      const isWanted = isUpdate ? subscription.resources.has(String(params?.["uri"])) : subscription.lists.has(method);
      if (isWanted) this.#setup.toClient({ ...notification, params: withMeta(params, { [metaKey.subscription]: id }) });
    }
    return true;
  }

  #isWatched(uri: string): boolean {
    return [...this.#open.values()].some(({ resources }) => resources.has(uri));
  }
}
