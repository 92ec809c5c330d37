/** What node:http says where a connection ends before there is an answer, or a request is destroyed without a reason. */
export function hangUp(): Error {
  return Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
}
