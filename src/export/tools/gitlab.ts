import { secretNames, singleLines, textOf } from "../assignments.js";
import type { Assignment, ExportedSettings, Rendering, Target } from "../types.js";
import {
  authoritiesVariable,
  authorityScript,
  expandable,
  forOtherMachine,
  namesFile,
  secretVariable,
  yamlString,
} from "./ci-script.js";

/**
 * A part of `.gitlab-ci.yml`. Secrets are masked variables of the project, and the authorities one of type "file".
 * https://docs.gitlab.com/ci/variables/
 */
export const gitlab: Target = {
  render(exported) {
    const { assignments, notes } = forOtherMachine(exported);
    const { fit, notes: broken } = singleLines(assignments);
    const text = [...comments(exported, fit), ...variables(fit), ...beforeScript(fit)];
    return { text: `${text.join("\n")}\n`, notes: [...notes, ...broken] };
  },
  undo(exported): Rendering {
    const secrets = secretNames(exported.assignments).map((name) => `glab variable delete ${secretVariable(name)}`);
    const variable = exported.files.extra === undefined ? [] : [`glab variable delete ${authoritiesVariable}`];
    const comment = "# Take what sallyport env printed out of .gitlab-ci.yml; then, in the project:";
    return { text: `${[comment, ...secrets, ...variable].join("\n")}\n`, notes: [] };
  },
};

function comments({ version, files }: ExportedSettings, assignments: readonly Assignment[]): string[] {
  const commands = [
    // Raw, since GitLab would take a `$` in it for a variable.
    ...secretNames(assignments).map(
      (name) => `sallyport env --value ${name} | glab variable set ${secretVariable(name)} --masked --raw`,
    ),
    ...(assignments.some(namesFile) && files.extra !== undefined
      ? [`glab variable set ${authoritiesVariable} --type file --raw < '${files.extra}'`]
      : []),
  ];
  return [
    `# sallyport ${version}: network settings for all jobs. For .gitlab-ci.yml; a job with a before_script of its own begins it with`,
    "#   - !reference [default, before_script]",
    ...(commands.length === 0
      ? []
      : ["# Before that, once, in the project:", ...commands.map((line) => `#   ${line}`)]),
  ];
}

/** What needs no file, so that the runner's own fetching of the repository has it too. */
function variables(assignments: readonly Assignment[]): string[] {
  const lines = assignments.flatMap((assignment) => {
    const { name, value } = assignment;
    if (namesFile(assignment)) return [];
    const text =
      value.kind === "secret"
        ? `$${secretVariable(value.name)}`
        : textOf(value.parts, () => "").replaceAll("$", "$$$$");
    return [`  ${name}: ${yamlString(text)}`];
  });
  return lines.length === 0 ? [] : ["variables:", ...lines];
}

function beforeScript(assignments: readonly Assignment[]): string[] {
  const exports = assignments.flatMap((assignment) => {
    const { name, value } = assignment;
    if (value.kind === "secret" || !namesFile(assignment)) return [];
    return [`export ${name}="${expandable(value.parts).replaceAll('"', '\\"')}"`];
  });
  if (exports.length === 0) return [];
  // Beside the repository, where no job's artifacts take it in.
  const folder = '"$CI_PROJECT_DIR.tmp/sallyport"';
  const script = [...authorityScript(folder, `cat "$${authoritiesVariable}"`), ...exports];
  return ["default:", "  before_script:", "    - |", ...script.map((line) => `      ${line}`)];
}
