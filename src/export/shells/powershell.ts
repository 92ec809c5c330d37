import type { ShellSyntax, ShellValue } from "./types.js";

/**
 * A string in single quotes, in which only a quote is special. Characters beyond ASCII are written by their number: Windows
 * PowerShell reads what a program prints in the console's code page, and takes ‘ ’ ‚ ‛ for quotes as well.
 */
function quoted(text: string): string {
  const pieces = text.match(/[\t\x20-\x7e]+|[^\t\x20-\x7e]/g) ?? [];
  const terms = pieces.map((piece) =>
    /^[\t\x20-\x7e]/.test(piece) ? `'${piece.replaceAll("'", "''")}'` : `[char]0x${piece.charCodeAt(0).toString(16)}`,
  );
  // The first term decides what `+` does.
  return terms[0]?.startsWith("'") === true ? terms.join(" + ") : ["''", ...terms].join(" + ");
}

function expression(value: ShellValue): string {
  switch (value.kind) {
    case "text":
      return [
        value.behind === undefined ? "" : `$env:${value.behind} + ' ' + `,
        quoted(value.text),
        value.before === undefined ? "" : ` + ' ' + $env:${value.before}`,
      ].join("");
    case "variable":
      return `$env:${value.variable}`;
    case "command":
      return `(${value.command})`;
  }
}

/** Windows PowerShell 5.1 and PowerShell 7. */
export const powershell: ShellSyntax = {
  comment: (text) => `# ${text}`,
  set: (name, value) => `$env:${name} = ${expression(value)}`,
  unset: (name) => `Remove-Item -LiteralPath Env:${name} -ErrorAction SilentlyContinue`,
  keep: (name, as) => `if ($null -eq $env:${as}) { $env:${as} = $env:${name} }`,
  restore: (name, from) => `$env:${name} = $env:${from}; Remove-Item -LiteralPath Env:${from}`,
  caseless: (platform) => platform === "win32",
  usage: (command) => `${command} | Out-String | Invoke-Expression`,
};
