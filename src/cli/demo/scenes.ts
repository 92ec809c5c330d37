import type { StandardLab } from "../../lab/types.js";
import { mcpServer } from "./mcp-scene.js";
import { pacFile, ticketsAlone } from "./office-scenes.js";
import { answered, connectedAsAlice, noLoginInside, sawAlice } from "./proofs.js";
import { checkedBeforeLaunch, programWithoutCertificate, unmodifiedProgram } from "./run-scenes.js";
import type { Scene } from "./scene.js";
import { certificateVariables, countTokens, everything } from "./settings.js";

const streamed = '{"stream":true,"messages":[{"role":"user","content":"echo Open."}]}';
/** Milliseconds between the events of the streamed answer. */
const interval = 40;

/**
 * Requests of our own, from nothing set to everything at once; then programs of others.
 * @param withoutCurl why this machine's curl cannot take part, if it cannot
 */
export function scenes(lab: StandardLab, withoutCurl?: string): readonly Scene[] {
  return [
    ...[noSettings, proxyWithLogin, inspector, clientCertificate, allTogether, noProxy].map((scene) => scene(lab)),
    unmodifiedProgram(lab),
    programWithoutCertificate(lab, withoutCurl),
    mcpServer(lab),
    checkedBeforeLaunch(lab),
    pacFile(lab),
    ticketsAlone(lab),
  ];
}

function noSettings(lab: StandardLab): Scene {
  const { api } = lab;
  return {
    title: "No settings",
    story: "Only the proxies know outside names. A request that knows no proxy fails, and has to say why.",
    variables: {},
    argv: ["fetch", "-v", `https://${api.name}/`],
    exit: 1,
    proofs: ({ stderr }) => [
      {
        claim: "the error names the cause and the host: [DNS_NOT_FOUND]",
        holds: /^error: .*api\.lab\.test.* \[DNS_NOT_FOUND\]$/m.test(stderr) && /^hint: ./m.test(stderr),
      },
      { claim: `${api.name} saw no connection`, holds: lab.log.of(api.name, "accept").length === 0 },
    ],
  };
}

function proxyWithLogin(lab: StandardLab): Scene {
  const { api, basic } = lab;
  return {
    title: "A proxy that requires a login",
    story: "The login is in the proxy's URL, percent-encoded. It goes to the proxy and nowhere else.",
    variables: { HTTPS_PROXY: basic.urlWithLogin, NODE_EXTRA_CA_CERTS: lab.files.rootCa },
    ...countTokens(api.name),
    proofs: () => [
      connectedAsAlice(lab, basic, api.name),
      answered(lab, api.name),
      noLoginInside(lab, api.name),
      {
        claim: `nobody here resolved ${api.name}: the proxy did`,
        holds:
          !lab.log.of("client", "resolve").some((event) => event.name === api.name) &&
          lab.log.of(basic.name, "resolve").some((event) => event.name === api.name),
      },
    ],
  };
}

function inspector(lab: StandardLab): Scene {
  const { api, inspector: proxy } = lab;
  return {
    title: "A proxy that inspects TLS",
    story: "It shows certificates of its own authority. That CA is added to the public ones; verification stays on.",
    variables: { HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: lab.files.inspectorCa },
    ...countTokens(api.name),
    proofs: ({ stderr }) => [
      {
        claim: "the certificate that was accepted is the inspector's",
        holds: /issued by Lab Inspector CA/.test(stderr.replace(/\s+/g, " ")),
      },
      {
        claim: "the inspector read the request inside the tunnel",
        holds: lab.log.of(proxy.name, "request").some((event) => event.inspected),
      },
      answered(lab, api.name),
    ],
  };
}

function clientCertificate(lab: StandardLab): Scene {
  const { mtls, basic } = lab;
  return {
    title: "A client certificate with an encrypted key",
    story: "The server wants a certificate. It is shown to the server through the tunnel, not to the proxy.",
    variables: {
      HTTPS_PROXY: basic.urlWithLogin,
      NODE_EXTRA_CA_CERTS: lab.files.rootCa,
      ...certificateVariables(lab.files),
    },
    ...countTokens(mtls.name),
    proofs: () => [connectedAsAlice(lab, basic, mtls.name), sawAlice(lab, mtls.name), noLoginInside(lab, mtls.name)],
  };
}

function allTogether(lab: StandardLab): Scene {
  const { mtls, strict } = lab;
  return {
    title: "All together: login over a TLS proxy, inspector, mTLS, a stream",
    story:
      "A certificate cannot pass an inspector, so the administrators exempted this host. The answer is printed as it comes.",
    variables: everything(lab),
    argv: ["fetch", "-v", "-d", streamed, `https://${mtls.name}/v1/messages?interval=${interval}`],
    exit: 0,
    proofs: ({ stdout, pieces }) => [
      connectedAsAlice(lab, strict, mtls.name),
      {
        claim: "the proxy saw no client certificate, and opened nothing",
        holds:
          lab.log.of(strict.name, "tls").every((event) => event.peer === undefined) &&
          lab.log.of(strict.name, "tls").length > 0 &&
          lab.log.of(strict.name, "request").length === 0,
      },
      sawAlice(lab, mtls.name),
      noLoginInside(lab, mtls.name),
      { claim: "the answer is whole: Open.", holds: streamedText(stdout) === "Open." },
      {
        claim: "its first event was printed before its last was sent",
        holds: (pieces.at(-1) ?? 0) - (pieces[0] ?? 0) > 2 * interval,
      },
    ],
  };
}

function noProxy(lab: StandardLab): Scene {
  const { inside, basic } = lab;
  return {
    title: "NO_PROXY",
    story: "Hosts inside are reached past the proxy.",
    variables: { HTTPS_PROXY: basic.urlWithLogin, NO_PROXY: ".inside.test", NODE_EXTRA_CA_CERTS: lab.files.rootCa },
    ...countTokens(`${inside.name}:${inside.port}`),
    proofs: () => [
      answered(lab, inside.name),
      {
        claim: "no proxy saw a connection",
        holds: lab.proxies.every((proxy) => lab.log.of(proxy.name, "accept").length === 0),
      },
    ],
  };
}

/** The text of a streamed Messages answer, put together. */
function streamedText(stdout: string): string {
  return [...stdout.matchAll(/"text_delta","text":("(?:[^"\\]|\\.)*")/g)]
    .map(([, text]) => String(JSON.parse(text ?? '""')))
    .join("");
}
