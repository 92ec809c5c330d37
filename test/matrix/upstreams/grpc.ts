import type { Handler } from "./upstream.js";

/** Any unary call, answered with its own message: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
export const grpc: Handler = (request, response) => {
  if (request.headers["content-type"]?.startsWith("application/grpc") !== true || request.httpVersionMajor < 2)
    return false;
  response.writeHead(200, { "content-type": "application/grpc" });
  response.addTrailers({ "grpc-status": "0" });
  // A message goes back with the prefix (flag and length) that it came with.
  request.pipe(response);
  return true;
};
