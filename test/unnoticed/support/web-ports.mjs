// The usual ports of the web, for what goes by ports: no test can be sure of getting them, so the system's own connections are led from there
// to the site's servers, below all that a program or a preload sees. (The proxy does the same for its own.)

/** Has what goes to the ports of these URLs come to the servers. */
export function leadWebPorts({ webSecure, webPlain, secure, plain }) {
  const ports = new Map([
    [portOf(webSecure), portOf(secure)],
    [portOf(webPlain), portOf(plain)],
  ]);
  const { prototype } = process.binding("tcp_wrap").TCP;
  for (const name of ["connect", "connect6"]) {
    const connect = prototype[name];
    prototype[name] = function (request, address, port) {
      return connect.call(this, request, address, ports.get(port) ?? port);
    };
  }
}

const portOf = (url) => Number(new URL(url).port);
