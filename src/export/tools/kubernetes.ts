import { singleQuoted } from "../../base/quote-path.js";
import { secretNames, textOf } from "../assignments.js";
import type { BundleFile, ExportedSettings, Target } from "../types.js";
import { fileNames, inContainer } from "./docker.js";

/**
 * A patch for a Deployment, whose merge goes by the names of containers, variables and volumes. Authorities are in a ConfigMap, secrets in a
 * Secret. https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/
 */
export const kubernetes: Target = {
  render(exported) {
    const { assignments, version, files, clientCertificate } = exported;
    const own = [clientCertificate?.cert, clientCertificate?.key];
    const names = (Object.keys(fileNames) as BundleFile[]).filter((file) => files[file] !== undefined);
    // A certificate of this machine's user is nothing that a cluster should have.
    const there = assignments.filter(
      ({ name, value }) =>
        name !== "CLAUDE_CODE_CLIENT_KEY_PASSPHRASE" &&
        (value.kind === "secret" || !value.parts.some((part) => typeof part === "string" && own.includes(part))),
    );
    const variables = there.flatMap(({ name, value }) => [
      `            - name: ${JSON.stringify(name)}`,
      ...(value.kind === "secret"
        ? [`              valueFrom: { secretKeyRef: { name: sallyport, key: ${value.name} } }`]
        : // $(NAME) stands for a variable there, and $$ for a dollar.
          [`              value: ${JSON.stringify(textOf(value.parts, inContainer).replaceAll("$", "$$$$"))}`]),
    ]);
    const lines = [
      `# sallyport ${version}: network settings for a Deployment. Put its name and its container's in place of NAME and CONTAINER, then:`,
      ...creating(exported, names).map((line) => `#   ${line}`),
      "#   kubectl patch deployment NAME --patch-file sallyport.yaml",
      "spec:",
      "  template:",
      "    spec:",
      "      containers:",
      "        - name: CONTAINER",
      "          env:",
      ...variables,
      ...(names.length === 0
        ? []
        : [
            "          volumeMounts:",
            "            - { name: sallyport, mountPath: /etc/sallyport, readOnly: true }",
            "      volumes:",
            "        - { name: sallyport, configMap: { name: sallyport } }",
          ]),
    ];
    return {
      text: `${lines.join("\n")}\n`,
      notes: clientCertificate === undefined ? [] : ["the client certificate is left out: it is a person's"],
    };
  },
  undo: ({ assignments, files }) => {
    const forgotten = [
      ...(Object.keys(files).length === 0 ? [] : ["configmap"]),
      ...(secretNames(assignments).length === 0 ? [] : ["secret"]),
    ].map((kind) => `kubectl delete ${kind} sallyport`);
    return {
      text: `${["# To what the Deployment was before its last change:", "kubectl rollout undo deployment NAME", ...forgotten].join("\n")}\n`,
      notes: [],
    };
  },
};

function creating({ assignments, files }: ExportedSettings, names: readonly BundleFile[]): string[] {
  const from = names.map((file) => `--from-file=${fileNames[file]}=${singleQuoted(files[file] ?? "")}`);
  const secrets = secretNames(assignments).map((name) => `--from-literal=${name}="$(sallyport env --value ${name})"`);
  return [
    ...(from.length === 0 ? [] : [`kubectl create configmap sallyport ${from.join(" ")}`]),
    ...(secrets.length === 0 ? [] : [`kubectl create secret generic sallyport ${secrets.join(" ")}`]),
  ];
}
