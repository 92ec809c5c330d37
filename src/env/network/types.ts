import type { NetworkInterfaceInfo } from "node:os";
import type { NetworkView } from "../../base/system.js";

/** What a platform's reader may ask of the machine. */
export interface NetworkPlaces {
  readonly interfaces: () => Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;
  /** The beginning of a file, as far as that is of interest. Undefined where there is none. */
  readonly readFile: (path: string) => string | undefined;
}

/** Reads what the network of one platform looks like now. Cheap: it is asked every second or so. */
export type NetworkReader = (places: NetworkPlaces) => NetworkView;
