/** What `--help` says beyond the list of options. */

const exitCodes = `
Exit codes:
  0  fine
  1  the network is at fault
  2  usage or configuration is at fault
  3  a defect of sallyport
  130  interrupted (143 by SIGTERM, 129 by SIGHUP)`;

/** `run` gives its command's status; these are its own. */
const runExitCodes = `
Exit codes: those of the command, and
  1  the check before the launch failed: nothing was started
  2  usage or configuration is at fault
  3  a defect of sallyport
  126  the command cannot be executed
  127  the command was not found
  128+N  signal N ended it: 130 for SIGINT, 143 for SIGTERM`;

const examples: Readonly<Record<string, readonly string[]>> = {
  "": [
    "sallyport doctor https://api.anthropic.com/",
    "sallyport fetch https://api.anthropic.com/v1/models",
    "sallyport explain https://git.corp.example/",
    "sallyport demo",
  ],
  fetch: [
    "sallyport fetch https://api.example.com/",
    "sallyport fetch -H 'content-type: application/json' -d @body.json \\\n    https://api.example.com/v1/messages",
    "sallyport fetch --proxy http://proxy.corp:3128 --cacert corp.pem -v \\\n    https://api.example.com/",
    "sallyport fetch --cert alice.pem --key alice.key --passphrase-file ~/.alice \\\n    https://api.example.com/",
    "sallyport fetch --json https://api.example.com/ | jq .status",
  ],
  explain: [
    "sallyport explain https://api.example.com/",
    "NO_PROXY=.example.com sallyport explain https://example.com/",
    "sallyport explain --json https://api.example.com/ | jq .route",
  ],
  "explain-error": [
    "npm install 2>&1 | sallyport explain-error",
    "sallyport explain-error 'PKIX path building failed'",
    "sallyport explain-error --json SELF_SIGNED_CERT_IN_CHAIN | jq '.matches[].code'",
  ],
  doctor: [
    "sallyport doctor",
    "sallyport doctor https://api.example.com/ https://registry.example.com/",
    "sallyport doctor --probe stream,idle=120 https://api.example.com/events",
    "sallyport doctor --json | jq '.faults[].code'",
  ],
  lab: ["sallyport lab", "sallyport lab -- node client.js", "sallyport lab -- sh -c 'curl -sS https://api.lab.test/'"],
  run: [
    "sallyport run -- claude -p hi",
    "sallyport run --check https://registry.example.com/ -- npm install",
    "sallyport run --intercept git.corp.example -- \\\n    git clone https://git.corp.example/a.git",
    "sallyport run --print -- npm test",
    "sallyport run --capture -- svn update",
  ],
  gateway: [
    "sallyport gateway",
    "sallyport gateway --listen 127.0.0.1:8888 --intercept api.corp.example",
    "sallyport gateway --origin anthropic=https://api.anthropic.com",
    "sallyport gateway --listen unix:/run/user/1000/sallyport.sock",
  ],
  mcp: [
    "sallyport mcp https://mcp.corp.example/mcp",
    "sallyport mcp install wiki https://mcp.corp.example/mcp --client claude-code",
    "sallyport mcp --cert alice.pem --key alice.key https://mcp.corp.example/mcp",
    "sallyport mcp --header 'Authorization: Bearer ${TOKEN}' --deny-tool 'delete_*' \\\n    https://mcp.corp.example/mcp",
  ],
  env: [
    'eval "$(sallyport env --shell bash)"',
    "sallyport env --for docker",
    "sallyport env --for github-actions",
    'eval "$(sallyport env --shell bash --undo)"',
  ],
  cert: [
    "sallyport cert inspect chain.pem",
    "sallyport cert inspect api.example.com",
    "sallyport cert inspect alice.pem --key alice.key --passphrase-file ~/.alice",
    "sallyport cert inspect --json alice.p12 | jq '.certificates[].notAfter'",
    "sallyport cert check --max-used 66% alice.pem && renew-alice",
    "sallyport cert convert alice.p12 --passphrase-file ~/.alice -o alice.pem",
  ],
  trust: [
    "sallyport trust add corp-root.pem",
    "sallyport trust add proxy.corp.example --fingerprint 8C:9D:50:…",
    "sallyport trust list",
    "sallyport trust export --for java",
  ],
  login: [
    "sallyport login",
    "sallyport login http://proxy.corp.example:3128",
    "pass show proxy | sallyport login --user alice http://proxy.corp.example:3128",
  ],
  logout: ["sallyport logout http://proxy.corp.example:3128"],
  "auth-header": [
    "sallyport auth-header http://proxy.corp.example:3128",
    '# in Claude Code\'s settings.json, with CLAUDE_CODE_ENABLE_PROXY_AUTH_HELPER=1:\n  { "proxyAuthHelper": "sallyport auth-header" }',
  ],
  completion: [
    "sallyport completion bash > ~/.local/share/bash-completion/completions/sallyport",
    'sallyport completion zsh > "${fpath[1]}/_sallyport"',
    "sallyport completion fish > ~/.config/fish/completions/sallyport.fish",
  ],
  demo: ["sallyport demo"],
};

/** What else is to be known of a command, under headings of its own. */
const notes: Readonly<Record<string, string>> = {
  run: `
Before the launch:
  Files, key pair and passphrase are checked, then the path to each --check URL,
  within 3 s. Default: ANTHROPIC_BASE_URL; for claude, the API; else none.

Signals:
  Ctrl-C and Ctrl-\\ are the command's. SIGTERM, SIGHUP, SIGUSR1 and SIGUSR2 are
  passed on to it; so are SIGINT and SIGQUIT where there is no terminal.

With --capture (Linux; needs unshare, ip and nft, and no administrator):
  The command has a network of its own, from which each connection comes out by
  the policy. Whoever dials resolves its names; UDP is refused; the bundle lies
  over the system's; sudo does not work. It is not a sandbox: docs/capture.md.`,
  mcp: `
For an MCP client, as the command of a server: messages come in on standard input
and go out on standard output, one JSON text a line.

Headers:
  The value may hold \${NAME}, a variable; or be env:NAME, file:PATH or command:COMMAND,
  read at the start, and once more when the server answers 401.

Logins (OAuth):
  Where the server asks for one, its URL goes to standard error and to a browser.
  Tokens are kept in a file of mode 0600; mcp logout URL forgets them.

Settings of clients:
  mcp install NAME URL --client NAME writes the entry that starts this bridge, with
  the options given here; it shows the change and asks. --undo undoes it.
  mcp list shows the servers in all clients' settings; mcp check walks the way to
  each on HTTP: exit 0 where all are reached, 1 or 2 as doctor has them.

End:
  When the client closes its end, what is under way gets 10 s to finish. SIGINT
  and SIGTERM end it at once. Either way its session is closed at the server.`,
  cert: `
inspect:
  Draws the chain, and tells of each certificate its names, use, validity, key
  and fingerprints. Files may be PEM as people have them, DER, PKCS#7 or PKCS#12.
  --key names a key in another file, to see whose it is; a passphrase comes from
  --passphrase-file or --passphrase-command. A host (name, name:port or an https
  URL) is reached by the route that programs take. Nothing is sent to it, and no
  client certificate shown; what it shows is told whether it is trusted or not.

check:
  For timers and cron. Of a file or a host its own certificate counts, and not
  the authorities above it. Exit codes are those of step certificate needs-renewal:
  0    a certificate needs renewal: it is due, or has expired
  1    none needs renewal
  2    a file does not exist, or usage is at fault
  255  a file or a host could not be looked at

convert:
  Writes plain PEM: the certificates in the order that TLS wants, then the keys.
  Reads all that inspect reads, old PKCS#12 with RC2 or RC4 as well. A key goes
  into a new file alone (mode 0600), encrypted with its passphrase if it had one.`,

  doctor: `
Without a URL:
  The settings are shown, and the way is walked to all that they ask for: what
  Claude Code speaks to (ANTHROPIC_BASE_URL or the API, logins, updates,
  telemetry) and the MCP servers in the user's client settings. The env of
  ~/.claude/settings.json goes before the shell's variables then. What is needed
  for a part alone, telemetry say, is a warning where it cannot be reached.

Probes:
  stream       whether an event stream comes as it is sent, or is kept back
  websocket    whether an upgrade is taken and a frame comes back
  http2        whether HTTP/2 is agreed on and answered
  large-hello  whether a ClientHello of two packets passes (post-quantum keys)
  idle         what becomes of a connection that is silent for 65 s
  What does not hold is a warning: a plain request has got through.

Watching (--watch):
  Looks again every 5 seconds (--interval), with the settings as they are then.
  On a terminal it is one screen; elsewhere each change is a line. A login that
  the proxy refuses ends it: sent again and again, it would lock the account.

The page (--html):
  The way as a picture, the stages with their times, what to do, the settings
  and their sources. It loads and runs nothing, and holds no login, no token and
  no home folder: to be mailed to a help desk, or printed. Its owner alone can
  read it (mode 0600).`,
  trust: `
add:
  Shows the authority and its fingerprint, and asks. Without a terminal, and in
  scripts, --fingerprint says which one is meant. Of a host it takes the root that
  the host shows, and nothing else: anybody on the way could show another, so the
  fingerprint has to come from its administrators. Servers' own certificates are
  refused, unless they signed themselves; so is what has expired.

Where it counts:
  In one file in your data folder (trust list names it), which every way through
  sallyport reads: library, preload, gateway, run, env, doctor. What runs
  already notices: gateways, and programs under the preload.

export:
  Writes all that is trusted here into a file in the form that the tool reads,
  and prints the line that names it there.`,
  login: `
What is kept:
  User and password for exactly this proxy (scheme, host and port; default: the
  one in the settings). They are used where it asks for a login and the settings
  give none. A pipe gives them as two lines: the user's name, the password.`,
  "explain-error": `
The text:
  What any tool has printed: curl, git, Node, Python, Java, Go, … Nothing of it is
  printed again, and nothing is sent anywhere. Exit code 1: no fault fits it.`,
  "auth-header": `
The value:
  Basic with the configured or stored login, or Negotiate with your ticket. It is
  a secret: a program is to read it. CLAUDE_CODE_PROXY_URL names the proxy where
  no argument does, and CLAUDE_CODE_PROXY_AUTHENTICATE what it has asked for.`,
  gateway: `
Signals:
  SIGHUP           reload settings and certificates; the old ones stay if the
                   new ones are unusable. Changed files are noticed as well.
  SIGINT, SIGTERM  accept no new clients, let open connections finish (--drain),
                   exit 0. A second signal exits at once.`,
};

export function helpAfter(command: string): string {
  const lines = examplesOf(command);
  return ["", "Examples:", ...lines.map((line) => `  ${line}`), exitCodesOf(command), ...notesOf(command)].join("\n");
}

export function exitCodesOf(command: string): string {
  return command === "run" ? runExitCodes : exitCodes;
}

export function notesOf(command: string): readonly string[] {
  const text = notes[command];
  return text === undefined ? [] : [text];
}

/** Command lines to copy; a long one goes on in the next line behind a backslash. Of the whole program for "". */
export function examplesOf(command: string): readonly string[] {
  return examples[command] ?? [];
}

export const programDescription =
  "Gets programs out through corporate networks, and says which hop is at fault when something is in the way.";

export const commandDescriptions = {
  fetch: "one request, its body to stdout",
  explain: "which route, client certificate and authorities apply to a URL, and why",
  "explain-error": "find out what an error text of another tool is about, and what to do",
  doctor: "walk the path to each URL stage by stage, and name what blocks it",
  run: "run a program with all of it: proxy, trust and client certificate",
  gateway: "a forward proxy on this machine, for programs that cannot do it themselves",
  mcp: "connect an MCP client on stdio to an MCP server on HTTP, through all of it",
  env: "print the settings for a shell, a container, CI, or another tool",
  cert: "look into certificates of files and hosts, check whether they are due, convert them to PEM",
  trust: "trust an authority of your network, for every program that goes through sallyport",
  login: "keep user and password for a proxy, in the keyring or a file of your own",
  logout: "forget them",
  "auth-header": "print a Proxy-Authorization value, for programs that ask a command for it",
  lab: "run a corporate network in a box, or a command inside it",
  completion: "print the completion script for bash, zsh or fish",
  demo: "show the main job at work: requests and programs through the lab, each proved from the server's side",
} as const;
