import { secretNames, singleLines, textOf } from "../assignments.js";
import type { Assignment, BundleFile, ExportedSettings, Target } from "../types.js";

/** What a continuous integration's machine makes of our files. It runs somewhere else: what lies here is of no use there. */
export const ciFiles: Readonly<Partial<Record<BundleFile, string>>> = {
  extra: "$sallyport/extra.pem",
  merged: "$sallyport/authorities.pem",
  wgetrc: "$sallyport/wgetrc",
};

export interface CiAssignments {
  readonly assignments: readonly Assignment[];
  readonly notes: readonly string[];
}

/** The variables that make sense on another machine. */
export function forOtherMachine({ assignments, clientCertificate }: ExportedSettings): CiAssignments {
  const ownFiles = [clientCertificate?.cert, clientCertificate?.key].filter((path) => path !== undefined);
  const stays = ({ name, value }: Assignment): boolean => {
    if (name === "CLAUDE_CODE_CLIENT_KEY_PASSPHRASE") return false;
    if (value.kind === "secret") return true;
    return value.parts.every((part) =>
      typeof part === "string" ? !ownFiles.includes(part) : ciFiles[part.file] !== undefined,
    );
  };
  const left = assignments.filter((assignment) => !stays(assignment)).map(({ name }) => name);
  return {
    assignments: assignments.filter(stays),
    notes: left.length === 0 ? [] : [`left out, since they name files of this machine: ${left.join(", ")}`],
  };
}

/** How one service's command line forgets what was put there for its jobs. */
interface Forgetting {
  readonly secret: string;
  readonly variable: string;
  /** What is to be done first, by hand. */
  readonly comment: string;
}

/** The rendering of a service's variables, and the way back. */
export function ciTarget(
  text: (exported: ExportedSettings, assignments: readonly Assignment[]) => readonly string[],
  { secret, variable, comment }: Forgetting,
): Target {
  return {
    render(exported) {
      const { assignments, notes } = forOtherMachine(exported);
      const { fit, notes: broken } = singleLines(assignments);
      return { text: `${text(exported, fit).join("\n")}\n`, notes: [...notes, ...broken] };
    },
    undo(exported) {
      const secrets = secretNames(exported.assignments).map((name) => `${secret} ${secretVariable(name)}`);
      const authorities = exported.files.extra === undefined ? [] : [`${variable} ${authoritiesVariable}`];
      return { text: `${[comment, ...secrets, ...authorities].join("\n")}\n`, notes: [] };
    },
  };
}

/**
 * Lines for a POSIX shell that write the authorities into `folder`, for the variables that append and for those that replace. An
 * image without a bundle has nothing that could be added to.
 * @param folder as a shell word
 * @param write prints the network's own authorities
 */
export function authorityScript(folder: string, write: string): string[] {
  return [
    `sallyport=${folder}`,
    `mkdir -p "$sallyport"`,
    `${write} > "$sallyport/extra.pem"`,
    `cat "$sallyport/extra.pem" > "$sallyport/authorities.pem"`,
    `for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem /etc/ssl/cert.pem; do`,
    `  if [ -r "$bundle" ]; then cat "$bundle" >> "$sallyport/authorities.pem"; break; fi`,
    `done`,
    `printf 'ca_certificate = %s\\n' "$sallyport/authorities.pem" > "$sallyport/wgetrc"`,
  ];
}

/** Whether a variable names a file that {@link authorityScript} writes. */
export const namesFile = ({ value }: Assignment): boolean =>
  value.kind === "plain" && value.parts.some((part) => typeof part !== "string");

/** A value with a shell variable for the place of our files, and all else as it is within double quotes or a here-document. */
export function expandable(parts: Extract<Assignment["value"], { kind: "plain" }>["parts"]): string {
  const escaped = parts.map((part) => (typeof part === "string" ? part.replace(/[\\$`]/g, "\\$&") : part));
  return textOf(escaped, (file) => ciFiles[file] ?? "");
}

/** A string in YAML, in double quotes and ASCII alone: what JSON writes is YAML as well. */
export function yamlString(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The variable of the CI's settings in which a secret is to be put. */
export const secretVariable = (name: string): string => `SALLYPORT_${name.toUpperCase()}`;

/** Of the CI's settings: the network's own authorities, PEM. */
export const authoritiesVariable = "SALLYPORT_CA";
