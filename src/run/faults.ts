import { ConnectError } from "../base/errors.js";

/** Why a command was not started. `missing`: there is no such file, under its name or on the PATH. */
export function commandFault(program: string, missing: boolean, cause: unknown): ConnectError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return new ConnectError("CONFIG_INVALID", { hop: "local", ...explain(program, code, missing), cause });
}

interface Words {
  readonly message: string;
  readonly remedy: string;
}

function explain(program: string, code: string, missing: boolean): Words {
  if (/^\w+=/.test(program)) {
    return {
      message: "the command begins with a variable, which only a shell understands",
      remedy: "write sallyport run -- env NAME=value command",
    };
  }
  const name = shown(program);
  if (missing) {
    return {
      message: `the command ${name} was not found`,
      remedy:
        process.platform === "win32"
          ? "check its spelling; scripts need their shell: sallyport run -- cmd /c npm test"
          : "check its spelling, and that its folder is on the PATH",
    };
  }
  if (code === "ENOENT")
    return {
      message: `the command ${name} names an interpreter that does not exist`,
      remedy: "check the first line of the script",
    };
  if (code === "E2BIG")
    return {
      message: `the arguments of ${name} and its environment are too long (E2BIG)`,
      remedy: "pass the data in a file",
    };
  return {
    message: `the command ${name} cannot be executed${code === "" ? "" : ` (${code})`}`,
    remedy: "check that it is a program, and that this user may execute it (chmod +x)",
  };
}

/** As far as it looks like the name of a program, and not like a secret in the wrong place. */
const shown = (program: string): string => (/^[\w.,+@:/\\ -]{1,120}$/.test(program) ? `"${program}"` : "after run --");
