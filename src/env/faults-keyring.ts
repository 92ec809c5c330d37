import { codeOf } from "../base/error-code.js";
import { ConnectError } from "../base/errors.js";

function fault(message: string, remedy: string, cause?: unknown): ConnectError {
  return new ConnectError("KEYRING_UNAVAILABLE", { hop: "local", message, remedy, cause });
}

/** Those that say that there is no keyring here, rather than one that cannot be opened at the moment. */
const absent = new WeakSet<ConnectError>();

function noKeyring(error: ConnectError): ConnectError {
  absent.add(error);
  return error;
}

/** Whether a fault says that this machine has no keyring that could be used: no package, no session, no service. */
export function isWithoutKeyring(error: unknown): boolean {
  return error instanceof ConnectError && absent.has(error);
}

export function keyringMissing(cause: unknown): ConnectError {
  const isAbsent = codeOf(cause) === "MODULE_NOT_FOUND" && /Cannot find module '@napi-rs\/keyring'/.test(text(cause));
  return noKeyring(
    fault(
      isAbsent
        ? "the keyring is asked for, and the package @napi-rs/keyring, which reads it, is not installed"
        : "the package @napi-rs/keyring, which reads the keyring, cannot be loaded on this machine",
      "npm install @napi-rs/keyring@2 (beside sallyport; with --global where sallyport is installed so)",
      cause,
    ),
  );
}

export function keyringSilent(timeout: number): ConnectError {
  return fault(
    `the keyring did not answer within ${timeout / 1000} s`,
    "unlock it where your desktop asks for its password",
  );
}

/** The package gives one code for everything, so that its words decide; they hold no secret, but go into no message either. */
export function keyringFault(cause: unknown, platform: NodeJS.Platform): ConnectError {
  const words = text(cause);
  if (/prompt was dismissed|is ?locked|user canceled|interaction is not allowed/i.test(words))
    return fault("the keyring is locked", "unlock it, by logging in to your desktop or with its own program", cause);
  const isLinux = platform !== "darwin" && platform !== "win32";
  if (isLinux && /DBUS_SESSION_BUS_ADDRESS|session bus|Failed to connect to socket/i.test(words))
    return noKeyring(
      fault(
        "there is no D-Bus session, through which the keyring is reached",
        "start this from your desktop's session, or under dbus-run-session",
        cause,
      ),
    );
  if (isLinux && /org\.freedesktop\.secrets|no result found/i.test(words))
    return noKeyring(
      fault(
        "there is no keyring on this machine: nothing provides the Secret Service (org.freedesktop.secrets), or it holds no collection",
        "start GNOME Keyring, KWallet or KeePassXC, and let it make a keyring",
        cause,
      ),
    );
  return fault("the keyring refuses", "open it with its own program and see what it says", cause);
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : "";
}
