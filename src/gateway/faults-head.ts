// What is wrong with the head of a client's request. Each is a whole sentence without its full stop.

export const headProblems = {
  fieldName: "a header field has an invalid name",
  noHost: "the header field host is missing",
  maxForwards: "max-forwards must be a whole number",
  twoLengths: "transfer-encoding and content-length cannot be used together",
  notChunked: "the transfer-encoding is not chunked",
  codingOfOldHttp: "HTTP/1.0 has no transfer-encoding",
  contentOfConnect: "a CONNECT must not have content",
  otherHost: "the header field host names another host",
  connectTarget: "the target of a CONNECT must be host:port",
  relativeTarget: "the target is neither a path nor an absolute http URL",
  invalidTarget: "the target is not a valid URL",
  loginInTarget: "the target's URL holds a login",
  portZero: "the target's port is 0",
} as const;

export function unsupportedVersion(version: string): string {
  return `HTTP/${version} is not supported here`;
}

export function fieldTwice(name: string): string {
  return `the header field ${name} comes twice`;
}
