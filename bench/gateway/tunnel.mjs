/** A tunnel as a client sees it, with as little of its own as possible: what is measured lies on the other side. */
import { connect } from "node:net";

/**
 * @param {import("./forwarders.mjs").Via} via
 * @returns {Promise<import("node:net").Socket>} paused, once the tunnel stands
 */
export function openTunnel({ port, target, authorization }) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const early = () => reject(new Error(`the connection to ${target ?? port} ended before its tunnel stood`));
    const done = () => {
      socket.off("error", reject).off("close", early).off("data", read).pause();
      resolve(socket);
    };
    let head = "";
    const read = (chunk) => {
      head += chunk.toString("latin1");
      if (!head.endsWith("\r\n\r\n")) return;
      if (/^HTTP\/1\.[01] 2/.test(head)) done();
      else reject(new Error(`CONNECT ${target} was answered ${head.split("\r\n")[0]}`));
    };
    socket.on("error", reject).on("close", early);
    if (target === undefined) {
      socket.on("connect", done);
      return;
    }
    const login = authorization === undefined ? "" : `Proxy-Authorization: ${authorization}\r\n`;
    socket.on("data", read).write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${login}\r\n`);
  });
}

/**
 * Takes over what comes from a socket. `next(count)` resolves when so many bytes more have come; what lies in them is not
 * looked at. One wait at a time.
 */
export function counter(socket) {
  let waiting = 0;
  let settle;
  let failure;
  const end = (error) => {
    failure ??= error ?? new Error("the tunnel ended in the middle of an answer");
    settle?.reject(failure);
  };
  socket.on("data", (chunk) => {
    waiting -= chunk.length;
    if (waiting <= 0) settle?.resolve();
  });
  socket.on("error", end).on("close", () => end());
  socket.resume();
  return {
    next(count) {
      if (failure !== undefined) return Promise.reject(failure);
      waiting += count;
      return new Promise((resolve, reject) => {
        settle = { resolve, reject };
      });
    },
  };
}
