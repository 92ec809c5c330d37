import { pathsHere, secretNames, textOf } from "../assignments.js";
import type { ExportedSettings, Rendering, Target } from "../types.js";

const secretsFile = "%h/.config/sallyport/secrets.env";

/** A drop-in for a unit. Secrets are in a file of their own that the user writes once (systemd.exec(5), EnvironmentFile=). */
export const systemd: Target = {
  render(exported) {
    const { assignments, version, files } = exported;
    const pathOf = pathsHere(exported);
    const secrets = secretNames(assignments);
    const lines = assignments.flatMap(({ name, value }) =>
      value.kind === "secret" ? [] : [`Environment=${quoted(`${name}=${textOf(value.parts, pathOf)}`)}`],
    );
    const comments = [
      `# sallyport ${version}: network settings for a service. To paste it: systemctl --user edit NAME.service`,
      ...(files.merged === undefined
        ? []
        : [
            "# A service of the system (without --user) cannot read files in a home: copy those named below to /etc/sallyport.",
          ]),
      ...(secrets.length === 0 ? [] : secretComments(exported)),
    ];
    const fromFile = secrets.length === 0 ? [] : [`EnvironmentFile=${secretsFile}`];
    return { text: `${[...comments, "[Service]", ...lines, ...fromFile].join("\n")}\n`, notes: [] };
  },
  undo(exported): Rendering {
    const remove = secretNames(exported.assignments).length === 0 ? [] : ["rm -f ~/.config/sallyport/secrets.env"];
    const comment =
      "# Removes all drop-ins of the unit; to keep others, remove the lines with: systemctl --user edit NAME.service";
    return { text: `${[comment, "systemctl --user revert NAME.service", ...remove].join("\n")}\n`, notes: [] };
  },
};

/** As systemd.syntax(7) has it: C's escapes within double quotes, and a `%` doubled, which begins a specifier. */
function quoted(text: string): string {
  const escaped = text
    .replace(/["\\]/g, "\\$&")
    .replaceAll("%", "%%")
    .replace(/\p{Cc}/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return `"${escaped}"`;
}

/** Every variable that has the secret, in the quoting of such files: a backslash before what double quotes do not protect. */
function secretComments({ assignments }: ExportedSettings): string[] {
  const lines = assignments.flatMap(({ name, value }) =>
    value.kind === "secret"
      ? [`#   printf '${name}="%s"\\n' "$(sallyport env --value ${value.name} | sed 's/["\\\\$\`]/\\\\&/g')"`]
      : [],
  );
  return [
    "# Logins are not included: they go into a file that you write once, and again when a password changes:",
    "#   mkdir -p ~/.config/sallyport; (umask 077; {",
    ...lines,
    "#   } > ~/.config/sallyport/secrets.env)",
  ];
}
