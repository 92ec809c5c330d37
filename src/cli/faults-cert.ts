import { ConnectError } from "../base/errors.js";
import { describeReadError } from "../base/faults-read.js";
import { UsageError } from "./usage-error.js";

export function certUsage(): UsageError {
  return new UsageError(
    "cert takes an action and a file or a host",
    "write: sallyport cert inspect FILE|HOST, cert check FILE|HOST, or cert convert FILE",
  );
}

export function unreadableFile(path: string, error: unknown): ConnectError {
  const { predicate, remedy } = describeReadError(error, path);
  return new ConnectError("CERT_FILE_UNREADABLE", {
    hop: "local",
    message: `${path} ${predicate}`,
    remedy: predicate === "does not exist" ? `${remedy}; a host is written as name.example or https://name` : remedy,
    cause: error,
  });
}

export function tooLarge(path: string, bytes: number): ConnectError {
  return new ConnectError("CERT_FILE_INVALID", {
    hop: "local",
    message: `${path} is larger than ${bytes / 1024 / 1024} MB: no file of certificates is`,
    remedy: "name a file that holds nothing but certificates and keys",
  });
}

export function hostOfHttp(): UsageError {
  return new UsageError("an http:// server has no certificate", "write the URL with https://, or the host alone");
}
