import type { CommandModel, OptionModel, ProgramModel } from "./command-model.js";
import { examplesOf, exitCodesOf, notesOf } from "./help.js";

/**
 * sallyport(1) as roff source for man(7), from what `--help` is printed from. No date: it would make two builds of one source differ.
 */
export function manPage(program: ProgramModel, homepage: string): string {
  const global = program.commands
    .map(({ options }) => new Map(options.map((option) => [option.flags, option])))
    .reduce((common, options) => new Map([...common].filter(([flags]) => options.has(flags))));
  return [
    `.TH SALLYPORT 1 "" ${quote(`sallyport ${program.version}`)} "User Commands"`,
    ".SH NAME",
    "sallyport \\- get programs out through corporate networks",
    ".SH SYNOPSIS",
    ...program.commands.flatMap(({ name, usage }, index) => [
      ...(index === 0 ? [] : [".br"]),
      `.B sallyport ${text(name)}`,
      text(usage),
    ]),
    ".SH DESCRIPTION",
    text(program.description),
    ".PP",
    "A failure is two lines on standard error, the cause and what to do; the code in brackets is explained in",
    `.UR ${homepage}/blob/main/docs/faults.md`,
    "the catalogue of faults",
    ".UE .",
    ".SH COMMANDS",
    ...program.commands.flatMap((command) => commandSection(command, global)),
    ".SH OPTIONS",
    "Every command takes these.",
    ...[...global.values()].flatMap(optionEntry),
    ".SH ENVIRONMENT",
    ...environment.flatMap(([names, meaning]) => [".TP", `.BR ${names.join(' ", " ')}`, text(meaning)]),
    ".SH EXIT STATUS",
    ...block(withoutHeading(exitCodesOf(""))),
    ".SH SEE ALSO",
    ".BR curl (1),",
    ".BR openssl (1)",
    ".PP",
    `.UR ${homepage}`,
    "The project's page",
    ".UE",
    "",
  ].join("\n");
}

/** What is read; README says in which order, and what counts where two are set. */
const environment: readonly (readonly [readonly string[], string])[] = [
  [["https_proxy", "HTTPS_PROXY"], "The proxy for https; then all_proxy, then http_proxy."],
  [["http_proxy", "HTTP_PROXY"], "The proxy for http; then all_proxy. Upper case is ignored in CGI programs."],
  [["all_proxy", "ALL_PROXY"], "The proxy where none is set for the scheme."],
  [["no_proxy", "NO_PROXY"], "Hosts, addresses and blocks that are reached without a proxy."],
  [["SALLYPORT_CLIENT_CERT", "CLAUDE_CODE_CLIENT_CERT"], "The client certificate, PEM, with its chain."],
  [["SALLYPORT_CLIENT_KEY", "CLAUDE_CODE_CLIENT_KEY"], "Its private key, PEM; may be encrypted."],
  [["SALLYPORT_CLIENT_KEY_PASSPHRASE", "CLAUDE_CODE_CLIENT_KEY_PASSPHRASE"], "The passphrase of the key."],
  [["SALLYPORT_CLIENT_PFX"], "Certificate and key in one PKCS#12 file."],
  [
    ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR", "SALLYPORT_CA_CERTS"],
    "Authorities to trust besides the default ones.",
  ],
  [
    ["SALLYPORT_CERT_STORE", "CLAUDE_CODE_CERT_STORE"],
    "The stores of authorities: bundled, system, or both (the default).",
  ],
  [["SALLYPORT_PROXY_AUTH"], "How to log in at proxies, in this order: negotiate, ntlm, digest, basic (the default)."],
  [["SALLYPORT_PROXY_SPN"], "The proxy's principal for Negotiate and NTLM. Default: HTTP/ and its name."],
  [
    ["SALLYPORT_PROXY_AUTH_HOSTS"],
    "Proxies that may be sent the user's Kerberos ticket where a PAC file alone names them, as in NO_PROXY.",
  ],
  [
    ["SALLYPORT_PROXY_AUTH_HELPER"],
    "A command that prints the value of Proxy-Authorization, asked where a proxy wants a login and its setting has none. Default: Claude Code's proxyAuthHelper, where CLAUDE_CODE_ENABLE_PROXY_AUTH_HELPER is 1.",
  ],
  [
    ["SALLYPORT_PROXY_AUTH_HELPER_TTL_MS", "CLAUDE_CODE_PROXY_AUTH_HELPER_TTL_MS"],
    "Milliseconds for which its answer is used. Default: 300000.",
  ],
  [["SALLYPORT_CONFIG"], "The configuration file."],
  [["SALLYPORT_STRICT"], "1: warnings count as errors."],
  [["NO_COLOR"], "Any value: no colours."],
];

function commandSection(command: CommandModel, global: ReadonlyMap<string, OptionModel>): string[] {
  const { name, usage, description, options } = command;
  const examples = examplesOf(name);
  return [
    `.SS ${quote(`sallyport ${name} ${usage}`)}`,
    text(`${description.charAt(0).toUpperCase()}${description.slice(1)}.`),
    ...options.filter(({ flags }) => !global.has(flags)).flatMap(optionEntry),
    ...notesOf(name).flatMap((note) => [".PP", ...block(note.trimStart())]),
    ...(name === "run" ? [".PP", ...block(exitCodesOf(name).trimStart())] : []),
    ...(examples.length === 0 ? [] : [".PP", "Examples:", ".PP", ...block(examples.join("\n"), 4)]),
  ];
}

function optionEntry({ flags, description, choices }: OptionModel): string[] {
  // Names in bold, what stands for a value in italics.
  const spelled = flags
    .split(/(<[^>]+>|\[[^\]]+\])/)
    .filter((part) => part !== "")
    .map((part) => (/^[<[]/.test(part) ? `\\fI${text(part)}\\fR` : `\\fB${text(part)}\\fR`))
    .join("");
  const list = choices.length === 0 ? "" : ` (${choices.join(", ")})`;
  return [".TP", spelled, text(`${description}${list}`)];
}

/** Lines as they are. */
function block(lines: string, indent = 0): string[] {
  const inner = [".nf", ...lines.split("\n").map(text), ".fi"];
  return indent === 0 ? inner : [`.RS ${indent}`, ...inner, ".RE"];
}

const withoutHeading = (lines: string): string => lines.trimStart().split("\n").slice(1).join("\n");

/** groff_char(7): a bare hyphen may be set as a dash, and a dot or quote at the beginning of a line is a request. */
function text(plain: string): string {
  const escaped = plain.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll("…", "\\[u2026]");
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}

const quote = (plain: string): string => `"${text(plain).replaceAll('"', "\\(dq")}"`;
