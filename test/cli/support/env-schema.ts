import { z } from "zod";
import { fault } from "./schemas.js";

const shells = ["bash", "zsh", "fish", "powershell", "cmd"] as const;
/** What `--for` takes. */
export const tools = [
  "docker",
  "github-actions",
  "gitlab",
  "claude",
  "vscode",
  "systemd",
  "npmrc",
  "gitconfig",
  "pip",
  "devcontainer",
  "kubernetes",
  "apt",
  "php",
  "hg",
  "svn",
  "aria2",
  "gradle",
  "maven",
  "jetbrains",
  "podman",
  "docker-daemon",
  "electron",
] as const;

/** What `sallyport env --json` prints. */
export const env = z
  .strictObject({
    ok: z.literal(true),
    format: z.enum([...shells, ...tools]).describe("Whom the text is for."),
    text: z.string().describe("What is printed without --json."),
    variables: z
      .array(
        z.strictObject({
          name: z.string(),
          value: z
            .string()
            .nullable()
            .describe(
              "Null where the text refers to it: to a secret, or to what the shell has in the variable already.",
            ),
          secret: z.boolean().describe("It holds a login or a passphrase, and was not asked for by --secrets."),
          readBy: z.string().describe("Which programs read it."),
        }),
      )
      .describe("Empty for --undo in a shell."),
    removed: z
      .array(z.string())
      .describe("Variables that a shell unsets: they would lead programs past these settings."),
    files: z
      .strictObject({
        extra: z.string().optional().describe("PEM: what Node's own store lacks."),
        merged: z.string().optional().describe("PEM: every authority."),
        truststore: z.string().optional().describe("PKCS#12 for Java: every authority."),
        wgetrc: z.string().optional().describe("Configuration for wget."),
        php: z.string().optional().describe("Configuration for PHP, which reads every .ini file of the folder."),
      })
      .describe("What was written for the variables to name: absolute paths."),
    notes: z.array(z.string()).describe("What the reader has to know besides, a line each."),
    warnings: z.array(fault),
  })
  .meta({ title: "sallyport env --json", description: "Settings, written for a shell or another tool." });
