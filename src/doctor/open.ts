import { gatherContext, type ContextOptions } from "../clients/index.js";
import { dataFolderLocation } from "../env/index.js";
import { identitiesFor } from "./own-identity.js";
import type { Diagnosable } from "./types.js";

/**
 * What `createNetwork` makes, except that unusable settings are kept to be reported instead of thrown: a diagnosis lists
 * all of them, and shows how far one gets without them.
 */
export async function openForDiagnosis(options: ContextOptions = {}): Promise<Diagnosable> {
  const context = await gatherContext(options);
  return {
    ...context,
    user: userOf(options),
    // Not before something is dialled: `explain` dials nothing, and the dialer would be a third of what it reads.
    dial: async (target, dialOptions) => {
      const { dial } = await import("../dial/index.js");
      return dial(context, target, { identities: identitiesFor(context, target.host, target.port), ...dialOptions });
    },
  };
}

/** Whoever has the variables that the settings come from. */
function userOf({ source }: ContextOptions): NonNullable<Diagnosable["user"]> {
  return source?.environment ?? dataFolderLocation(source?.variables);
}
