import { listed, singleLines, textOf } from "../assignments.js";
import type { BundleFile, ExportedSettings, Target } from "../types.js";

const mountPoint = "/etc/sallyport";

/**
 * A file for `docker run --env-file`: a line each, taken as it is to its end, with no quotes. A name alone is passed on from where
 * docker is called, which is how secrets stay out of the file.
 * https://docs.docker.com/reference/cli/docker/container/run/#env
 */
export const docker: Target = {
  render(exported) {
    const { fit, notes } = singleLines(exported.assignments);
    const mounts = containerFiles(exported).map(({ path, inside }) => shellWord(`${path}:${inside}:ro`));
    const secrets = fit.filter(({ value }) => value.kind === "secret").map(({ name }) => name);
    const lines = fit.map(({ name, value }) =>
      value.kind === "secret" ? name : `${name}=${textOf(value.parts, inContainer)}`,
    );
    const run = ["docker run --env-file sallyport.env", ...mounts.map((mount) => `-v ${mount}`), "IMAGE"];
    const comments = [
      `# sallyport ${exported.version}: network settings for programs in a container. Save it as sallyport.env, then:`,
      `#   ${run.join(" ")}`,
      ...(secrets.length === 0 ? [] : secretComments(secrets)),
      ...buildComments(exported),
    ];
    return {
      text: `${[...comments, ...lines].join("\n")}\n`,
      notes: [...notes, ...loopbackNotes(exported)],
    };
  },
  undo: () => ({
    text: "# A container keeps these variables only as long as it lives: leave out --env-file, and delete the file.\nrm sallyport.env\n",
    notes: [],
  }),
};

/** What our files are called in a container. */
export const fileNames: Readonly<Record<BundleFile, string>> = {
  extra: "extra.pem",
  merged: "authorities.pem",
  truststore: "authorities.p12",
  wgetrc: "wgetrc",
  php: "php.ini",
};

/** Where one of our files is in a container. */
export const inContainer = (file: BundleFile): string => `${mountPoint}/${fileNames[file]}`;

/** One by one, since the folder itself may hold the files of other networks. A client certificate keeps its place. */
export function containerFiles({ files, clientCertificate }: ExportedSettings): readonly ContainerFile[] {
  const bundles = (Object.keys(fileNames) as BundleFile[]).flatMap((file): ContainerFile[] => {
    const path = files[file];
    return path === undefined ? [] : [{ path, inside: inContainer(file) }];
  });
  const own = [clientCertificate?.cert, clientCertificate?.key].filter((path) => path !== undefined);
  return [...bundles, ...own.map((path) => ({ path, inside: path }))];
}

/** A file of this machine, and where it is to be. */
interface ContainerFile {
  readonly path: string;
  readonly inside: string;
}

const shellWord = (text: string): string =>
  /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

function secretComments(secrets: readonly string[]): string[] {
  const shown = secrets.length > 2 ? [...secrets.slice(0, 2), "the like"] : secrets;
  return [
    `# ${listed(shown)} hold a login, and stand here without it: docker passes them on from the shell that it is called in.`,
    `# Have them set there: eval "$(sallyport env --shell bash)"`,
  ];
}

/** Build arguments of these names need no ARG, and stay out of the image and its history. */
function buildComments({ assignments, files }: ExportedSettings): string[] {
  const known = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"];
  const set = known.filter((name) => assignments.some((assignment) => assignment.name === name));
  if (set.length === 0) return [];
  const secret = files.merged === undefined ? "" : ` --secret ${shellWord(`id=authorities,src=${files.merged}`)}`;
  return [
    `# In a build, from such a shell: docker build ${set.map((name) => `--build-arg ${name}`).join(" ")}${secret} .`,
  ];
}

/** A container's loopback is its own. */
function loopbackNotes({ proxy }: ExportedSettings): string[] {
  const url = [proxy.https?.url, proxy.http?.url].find(
    (candidate) =>
      candidate !== undefined && /^\w+:\/\/(localhost|[^/]*\.localhost|127\.[\d.]+|\[::1\])(:|$)/.test(candidate),
  );
  return url === undefined
    ? []
    : [`the proxy ${url} listens on this machine's loopback, which a container only reaches with --network host`];
}
