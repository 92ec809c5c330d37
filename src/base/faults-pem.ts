import type { DerKind } from "./der.js";
import type { PemFile } from "./pem.js";
import { quotePath } from "./quote-path.js";

const derNames: Readonly<Record<DerKind, string>> = {
  certificate: "a certificate in DER form",
  key: "a private key in DER form",
  "encrypted-key": "an encrypted private key in DER form",
  pkcs12: "a PKCS#12 store",
  pkcs7: "a PKCS#7 store in DER form",
  request: "a certificate request in DER form",
  unknown: "binary data",
};

/** What the file holds in place of PEM blocks: a predicate that follows the path, such as "is empty". */
export function describeContent(file: PemFile): string {
  switch (file.kind) {
    case "pem":
      return "holds no PEM block that can be used here";
    case "der":
      return `holds ${derNames[file.der]}, not PEM`;
    case "empty":
      return "is empty";
    case "utf16":
      return "is written in UTF-16, which no TLS library reads";
    case "html":
      return "is a web page, not PEM";
    case "base64":
      return "holds base64 without BEGIN and END lines";
    case "text":
      return "holds text without a PEM block";
    case "binary":
      return "holds binary data, not PEM";
  }
}

/** The line that makes PEM of such a file, where one does. */
export function adviseConversion(file: PemFile, path: string): string | undefined {
  const input = quotePath(path);
  const output = quotePath(`${path.replace(/\.(?:der|cer|crt|cert|p7b|p7c|p12|pfx|key|pem)$/i, "")}-converted.pem`);
  const convert = `run: sallyport cert convert ${input} -o ${output}`;
  const then = `and name ${output} instead`;
  switch (file.kind) {
    case "der":
      return adviseDer(file.der, convert, then);
    case "utf16":
    case "base64":
      return `${convert} ${then}`;
    case "html":
      return "download the file itself: what was saved is a web page, perhaps a login form";
    default:
      return undefined;
  }
}

function adviseDer(der: DerKind, convert: string, then: string): string | undefined {
  switch (der) {
    case "certificate":
    case "key":
    case "pkcs7":
      return `${convert} ${then}`;
    case "encrypted-key":
      return `${convert} --passphrase-file FILE ${then}`;
    default:
      return undefined;
  }
}
