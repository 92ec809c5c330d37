import { listed, secretNames, textOf } from "../assignments.js";
import { containerFiles, inContainer } from "./docker.js";
import type { Target } from "../types.js";

/** Keys for devcontainer.json. Secrets come from where the editor was started. https://containers.dev/implementors/json_reference/ */
export const devcontainer: Target = {
  render(exported) {
    const { assignments, version } = exported;
    const containerEnv = Object.fromEntries(
      assignments.map(({ name, value }) => [
        name,
        value.kind === "secret"
          ? `\${localEnv:${exported.heldBy.get(value.name) ?? value.name}}`
          : textOf(value.parts, inContainer),
      ]),
    );
    const mounts = containerFiles(exported).map(
      ({ path, inside }) => `type=bind,source=${path},target=${inside},readonly`,
    );
    const secrets = secretNames(assignments);
    const comments = [
      `// sallyport ${version}: network settings for a development container. For devcontainer.json`,
      ...(secrets.length === 0
        ? []
        : [`// Logins are not included: ${listed(secrets)} is taken from where the editor was started.`]),
    ];
    return { text: `${[...comments, JSON.stringify({ containerEnv, mounts }, null, 2)].join("\n")}\n`, notes: [] };
  },
  undo: () => ({
    text: "// Remove from devcontainer.json: the variables of containerEnv and the mounts whose target is in /etc/sallyport. Then rebuild the container.\n",
    notes: [],
  }),
};
