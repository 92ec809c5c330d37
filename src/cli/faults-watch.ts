import { ConnectError, type Fault } from "../base/errors.js";
import { mustBe } from "./faults-usage.js";
import { UsageError } from "./usage-error.js";

export function watchAlone(option: string): UsageError {
  return option === "--interval"
    ? new UsageError(
        "--interval says how often --watch looks",
        "write sallyport doctor --watch, or leave the option out",
      )
    : new UsageError(
        `--watch shows the path to a person, and does not go with ${option}`,
        `leave one of the two out; for programs run sallyport doctor ${option} from a timer`,
      );
}

export const invalidInterval = mustBe("--interval", "a whole number of seconds from 1 to 3600", "10");

/** The watch ends here. */
export function loginIsWatched({ code, hop, stage, message, remedy }: Fault): ConnectError {
  return new ConnectError(code, {
    hop,
    stage,
    message: `${message}; the watch ends here, since sending it again and again would lock the account`,
    remedy: `${remedy}; then start the watch again`,
  });
}
