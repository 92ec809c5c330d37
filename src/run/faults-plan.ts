import { configFault, configInvalid } from "../base/faults-config.js";
import type { ConnectError } from "../base/errors.js";

/** The text is not shown: whoever mistypes a URL may have put a token into it. */
export const invalidCheck = configFault(
  "a URL to check is not an http or https URL",
  "write it in full, as in https://api.example.com/",
);

export function nothingToPresent(prefix: string): ConnectError {
  return configInvalid(
    "a host is to be intercepted, but no client certificate is configured for it",
    `set ${prefix}_CLIENT_CERT and ${prefix}_CLIENT_KEY, or leave --intercept out`,
  );
}

export const captureWithParts = configFault(
  "a captured command is told of nothing, so that `parts` has no meaning beside `capture`",
  "leave one of the two out",
);

export function notPorts(option: string): ConnectError {
  return configInvalid(
    `capture.${option} must hold whole numbers from 1 to 65535`,
    `write it as capture: { ${option}: [5432] }`,
  );
}

/** For a setting that variables cannot express. */
export const insteadOfVariables = {
  chain: "go through a gateway (sallyport run without --only, or sallyport gateway), which passes them in turn",
  pac: "go through a gateway (sallyport run without --only, or sallyport gateway), which reads the file",
};
