import { secretNames } from "../assignments.js";
import type { Assignment, ExportedSettings, Target } from "../types.js";
import * as ci from "./ci-script.js";

/**
 * A step for a workflow, which gives its variables to all steps behind it. Secrets come from the repository's, and the
 * authorities from its variables: both are put there by a command that prints them nowhere.
 * https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#setting-an-environment-variable
 */
export const githubActions: Target = ci.ciTarget(step, {
  secret: "gh secret delete",
  variable: "gh variable delete",
  comment: '# Take the step "Corporate network" out of the workflow; then, in the repository:',
});

function step(exported: ExportedSettings, assignments: readonly Assignment[]): string[] {
  const secrets = secretNames(assignments);
  const withFiles = assignments.some(ci.namesFile);
  const inputs = [
    ...secrets.map((name) => `    ${ci.secretVariable(name)}: \${{ secrets.${ci.secretVariable(name)} }}`),
    ...(withFiles ? [`    ${ci.authoritiesVariable}: \${{ vars.${ci.authoritiesVariable} }}`] : []),
  ];
  const script = [
    ...(withFiles ? ci.authorityScript('"$RUNNER_TEMP/sallyport"', `printf '%s\\n' "$${ci.authoritiesVariable}"`) : []),
    `cat >> "$GITHUB_ENV" <<SALLYPORT`,
    ...assignments.map(({ name, value }) =>
      value.kind === "secret" ? `${name}=$${ci.secretVariable(value.name)}` : `${name}=${ci.expandable(value.parts)}`,
    ),
    "SALLYPORT",
  ];
  return [
    `# sallyport ${exported.version}: network settings for the steps after this one. Put it first under \`steps:\` of each job.`,
    ...preparation(exported, secrets, withFiles),
    `- name: ${ci.yamlString("Corporate network")}`,
    "  shell: bash",
    ...(inputs.length === 0 ? [] : ["  env:", ...inputs]),
    "  run: |",
    ...script.map((line) => `    ${inert(line)}`),
  ];
}

function preparation({ files }: ExportedSettings, secrets: readonly string[], withFiles: boolean): string[] {
  const commands = [
    ...secrets.map((name) => `sallyport env --value ${name} | gh secret set ${ci.secretVariable(name)}`),
    ...(withFiles && files.extra !== undefined ? [`gh variable set ${ci.authoritiesVariable} < '${files.extra}'`] : []),
  ];
  return commands.length === 0
    ? []
    : [
        "# Before that, once, in the repository (a variable there holds 48 KB at most):",
        ...commands.map((line) => `#   ${line}`),
      ];
}

/** Actions replaces its expressions before the shell sees them, wherever they stand. */
const inert = (line: string): string => line.replaceAll("${{", "${{ '${{' }}");
