import type { StandardLab } from "../../lab/types.js";
import { plainProgram, type WatchedProgram } from "./program.js";
import { connectedAsAlice, noLoginInside, nobodyConnected, sawAlice, throughProxyAlone } from "./proofs.js";
import type { Scene } from "./scene.js";
import { everything } from "./settings.js";

/** Milliseconds that the check before a launch may take, all in all. */
const deadline = 3000;

/** A program is written, and run by Node with what watches it. */
const underRun = (program: WatchedProgram): Pick<Scene, "setUp" | "argv"> => ({
  setUp: () => program.write(),
  argv: ["run", "--", "node", "-r", program.watcher, program.path],
});

export function unmodifiedProgram(lab: StandardLab): Scene {
  const { api, mtls, strict } = lab;
  const program = plainProgram(lab);
  return {
    title: "A Node program, not a line of it changed",
    story:
      "It has its own agent, and knows nothing about proxies or certificates. names.cjs notes which names it looks up.",
    ...underRun(program),
    listing: program,
    variables: everything(lab),
    exit: 0,
    proofs: async () => [
      connectedAsAlice(lab, strict, api.name),
      connectedAsAlice(lab, strict, mtls.name),
      sawAlice(lab, mtls.name),
      noLoginInside(lab, mtls.name),
      throughProxyAlone(lab, strict, [api.name, mtls.name]),
      {
        claim: "the program looked up no name: the proxy did",
        holds:
          (await program.lookedUp())?.length === 0 &&
          [api, mtls].every(({ name }) => lab.log.of(strict.name, "resolve").some((event) => event.name === name)),
      },
    ],
  };
}

export function programWithoutCertificate(lab: StandardLab, withoutCurl?: string): Scene {
  const { api, mtls, socks, files } = lab;
  const ask = (host: string): string[] => ["-sS", "-w", "\\n", `https://${host}/echo`];
  return {
    title: "A program that takes no client certificate from the environment: curl",
    story:
      "A gateway on loopback intercepts TLS for one host, and presents it there. Everything else passes through: --cacert trusts the servers' own authority alone, and no other certificate would do.",
    skip: withoutCurl,
    variables: { ...everything(lab), HTTPS_PROXY: socks.urlWithLogin },
    argv: [
      "run",
      "--intercept",
      mtls.name,
      "--",
      "curl",
      ...ask(mtls.name),
      "--next",
      "--cacert",
      files.rootCa,
      ...ask(api.name),
    ],
    exit: 0,
    proofs: ({ exit }) => [
      connectedAsAlice(lab, socks, mtls.name),
      connectedAsAlice(lab, socks, api.name),
      sawAlice(lab, mtls.name),
      {
        // The status of curl is that of its last request.
        claim: `the certificate of ${api.name} came through untouched`,
        holds: exit === 0 && lab.log.of(api.name, "request").some((event) => event.peer === undefined),
      },
      throughProxyAlone(lab, socks, [api.name, mtls.name]),
    ],
  };
}

export function checkedBeforeLaunch(lab: StandardLab): Scene {
  const program = plainProgram(lab);
  return {
    title: "Checked before the launch",
    story:
      "A passphrase with a typo. On its own Claude Code is silent for three minutes then, and says: check your internet or DNS.",
    ...underRun(program),
    variables: { ...everything(lab), CLAUDE_CODE_CLIENT_KEY_PASSPHRASE: "a-typo" },
    exit: 1,
    proofs: async ({ stderr, ms }) => [
      {
        claim: `the variable at fault was named after ${Math.ceil(ms)} ms: [KEY_PASSPHRASE_WRONG]`,
        holds: ms < deadline && /^error: CLAUDE_CODE_CLIENT_KEY_PASSPHRASE\b.* \[KEY_PASSPHRASE_WRONG\]$/m.test(stderr),
      },
      { claim: "the program was never started", holds: (await program.lookedUp()) === undefined },
      nobodyConnected(lab),
    ],
  };
}
