import { elsewhere } from "../faults-options.js";

/** Values with which an option asks for nothing beyond what is done anyway; some clients always set them. */
function isUsual(name: string, value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (name === "secureOptions") return value === 0;
  if (name === "ecdhCurve") return value === "auto";
  return name === "ALPNProtocols" && Array.isArray(value) && value.every((protocol) => protocol === "http/1.1");
}

/** The names of the options with which a request asks for more than the policy gives. */
export function ownOptions(options: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.keys(elsewhere).filter((name) => !isUsual(name, options[name]));
}
