import type { BrokenIdentity, Identity } from "../identity/types.js";
import { matchHost } from "../route/index.js";
import type { DialContext } from "./types.js";

/** The identity that is meant for this origin, usable or not: the first whose hosts name it. */
export function identityMeantFor(
  { identities }: Pick<DialContext, "identities">,
  host: string,
  port: number,
): Identity | BrokenIdentity | undefined {
  const names = ({ hosts }: Pick<Identity, "hosts">): boolean => hosts === "all" || matchHost(hosts, host, port);
  const index = identities.origins.findIndex(names);
  const broken = identities.broken.find((each) => (index === -1 || each.behind <= index) && names(each));
  return broken ?? identities.origins[index];
}

/**
 * The identity that this origin may see.
 * @throws {ConnectError} the fault of the one that is meant for it: another would tell a stranger who we are
 */
export function identityFor(
  context: Pick<DialContext, "identities">,
  host: string,
  port: number,
): Identity | undefined {
  const meant = identityMeantFor(context, host, port);
  if (meant === undefined || !("fault" in meant)) return meant;
  throw meant.fault;
}
