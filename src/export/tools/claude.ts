import { listed, pathsHere, textOf } from "../assignments.js";
import type { Rendering, Target } from "../types.js";

/**
 * The `env` of Claude Code's settings.json, which counts for Claude Code and for what it starts. JSON can neither refer to a
 * variable nor hold a comment. https://code.claude.com/docs/en/settings
 */
export const claude: Target = {
  render(exported) {
    const { assignments } = exported;
    const pathOf = pathsHere(exported);
    const env = Object.fromEntries(
      assignments.flatMap(({ name, value }) => (value.kind === "plain" ? [[name, textOf(value.parts, pathOf)]] : [])),
    );
    const secrets = assignments.filter(({ value }) => value.kind === "secret").map(({ name }) => name);
    return {
      text: `${JSON.stringify({ env }, null, 2)}\n`,
      notes: ["for ~/.claude/settings.json", ...secretNotes(secrets)],
    };
  },
  undo({ assignments }): Rendering {
    const paths = assignments.map(({ name }) => `.env[${JSON.stringify(name)}]`).join(", ");
    return {
      text: `# Takes them out of the settings again; the file from before is kept beside it.\ncp ~/.claude/settings.json ~/.claude/settings.json.bak && jq 'del(${paths})' ~/.claude/settings.json.bak > ~/.claude/settings.json\n`,
      notes: [],
    };
  },
};

function secretNotes(secrets: readonly string[]): string[] {
  if (secrets.length === 0) return [];
  return [
    `${listed(secrets)} hold a secret, to which this file cannot refer: start claude from a shell that has them (sallyport env --shell …), or by sallyport run`,
  ];
}
