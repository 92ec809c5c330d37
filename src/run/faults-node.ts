import { configFault, configInvalid, configWarning } from "../base/faults-config.js";
import type { ConnectError } from "../base/errors.js";

/** Where Node's own words may not be shown, or cannot be read. */
export const optionNotAllowed = "an option in it is not allowed there";

/** @param why in Node's own words, as far as they may be shown */
export function refusedOptions(why: string): ConnectError {
  return configInvalid(`Node does not start with NODE_OPTIONS as it is: ${why}`, "correct NODE_OPTIONS, or unset it");
}

export const notLoaded = configFault(
  "this command's Node does not read NODE_OPTIONS, which loads the preload: it has special rights, or was built that way",
  "use another Node, or sallyport run --only gateway, which needs no preload",
);

export function stopped(word: string): ConnectError {
  const shown = /^[\w.,=@:/\\'-]{1,60}$/.test(word) ? `"${word}"` : "its first word";
  return configWarning(
    `NODE_OPTIONS begins with ${shown}, which is not an option: Node reads neither it nor what follows`,
    "remove it from NODE_OPTIONS, or unset the variable",
  );
}

export function asWarning({ message, remedy }: ConnectError): ConnectError {
  return configWarning(message, remedy);
}
