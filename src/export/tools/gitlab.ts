import { secretNames, textOf } from "../assignments.js";
import type { Assignment, ExportedSettings, Target } from "../types.js";
import * as ci from "./ci-script.js";

/**
 * A part of `.gitlab-ci.yml`. Secrets are masked variables of the project, and the authorities one of type "file".
 * https://docs.gitlab.com/ci/variables/
 */
export const gitlab: Target = ci.ciTarget(
  (exported, assignments) => [
    ...comments(exported, assignments),
    ...variables(assignments),
    ...beforeScript(assignments),
  ],
  {
    secret: "glab variable delete",
    variable: "glab variable delete",
    comment: "# Take what sallyport env printed out of .gitlab-ci.yml; then, in the project:",
  },
);

function comments({ version, files }: ExportedSettings, assignments: readonly Assignment[]): string[] {
  const commands = [
    // Raw, since GitLab would take a `$` in it for a variable.
    ...secretNames(assignments).map(
      (name) => `sallyport env --value ${name} | glab variable set ${ci.secretVariable(name)} --masked --raw`,
    ),
    ...(assignments.some(ci.namesFile) && files.extra !== undefined
      ? [`glab variable set ${ci.authoritiesVariable} --type file --raw < '${files.extra}'`]
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
    if (ci.namesFile(assignment)) return [];
    const text =
      value.kind === "secret"
        ? `$${ci.secretVariable(value.name)}`
        : textOf(value.parts, () => "").replaceAll("$", "$$$$");
    return [`  ${name}: ${ci.yamlString(text)}`];
  });
  return lines.length === 0 ? [] : ["variables:", ...lines];
}

function beforeScript(assignments: readonly Assignment[]): string[] {
  const exports = assignments.flatMap((assignment) => {
    const { name, value } = assignment;
    if (value.kind === "secret" || !ci.namesFile(assignment)) return [];
    return [`export ${name}="${ci.expandable(value.parts).replaceAll('"', '\\"')}"`];
  });
  if (exports.length === 0) return [];
  // Beside the repository, where no job's artifacts take it in.
  const folder = '"$CI_PROJECT_DIR.tmp/sallyport"';
  const script = [...ci.authorityScript(folder, `cat "$${ci.authoritiesVariable}"`), ...exports];
  return ["default:", "  before_script:", "    - |", ...script.map((line) => `      ${line}`)];
}
