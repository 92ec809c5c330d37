// Servers that speak as much Redis, PostgreSQL and SMTP as a client needs, and note what they are told.
import { once } from "node:events";
import net from "node:net";

/** `heard` has what came in, as bytes and in order, of one connection after the other. */
export async function serve(speak) {
  const heard = [];
  const server = net.createServer((socket) => {
    const at = heard.push("") - 1;
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => (heard[at] += chunk.toString("latin1")));
    speak(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: server.address().port, heard, close: () => new Promise((resolve) => server.close(resolve)) };
}

/** Where nobody listens. */
export async function closedPort() {
  const { port, close } = await serve(() => undefined);
  await close();
  return port;
}

const kept = new Map();
const bulk = (text) => (text === undefined ? "$-1\r\n" : `$${text.length}\r\n${text}\r\n`);
const redisAnswers = {
  info: () => bulk("redis_version:7.4.0\r\nloading:0\r\n"),
  ping: () => "+PONG\r\n",
  set: ([key, value]) => (kept.set(key, value), "+OK\r\n"),
  get: ([key]) => bulk(kept.get(key)),
  fail: () => "-ERR no such thing\r\n",
};

export function redis(socket) {
  socket.on("data", (chunk) => {
    // Each command is an array of texts, and comes in one piece here.
    for (const command of chunk
      .toString()
      .split(/^\*\d+\r\n/m)
      .slice(1)) {
      const [name, ...args] = command.split("\r\n").filter((line, at) => at % 2 === 1 && line !== "");
      if (name === "cut") return void socket.destroy();
      socket.write((redisAnswers[name.toLowerCase()] ?? (() => "+OK\r\n"))(args));
    }
  });
}

/** A message of PostgreSQL: its kind, its length, its parts. */
function message(kind, ...parts) {
  const body = Buffer.concat(
    parts.map((part) => (typeof part === "string" ? Buffer.from(`${part}\0`) : Buffer.from(part))),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(kind), length, body]);
}

const ready = message("Z", [0x49]);
const row = [
  // One column of text, and one row.
  message("T", [0, 1], "told", [0, 0, 0, 0, 0, 0, 0, 0, 0, 25, 255, 255, 255, 255, 255, 255, 0, 0]),
  message("D", [0, 1, 0, 0, 0, 2, 0x6f, 0x6b]),
  message("C", "SELECT 1"),
  ready,
];

export function postgres(socket) {
  let begun = false;
  socket.on("data", (chunk) => {
    if (!begun) {
      // The wish for TLS is declined; what follows is the login.
      if (chunk.readUInt32BE(4) === 80877103) return void socket.write("N");
      begun = true;
      return void socket.write(Buffer.concat([message("R", [0, 0, 0, 0]), ready]));
    }
    const kind = String.fromCharCode(chunk[0]);
    const text = chunk.toString();
    if (kind === "X") return void socket.end();
    if (text.includes("cut")) return void socket.destroy();
    if (text.includes("fail"))
      socket.write(Buffer.concat([message("E", "SERROR", "C42601", "Mno such thing", [0]), ready]));
    else socket.write(Buffer.concat(row));
    return undefined;
  });
}

const smtpAnswers = {
  EHLO: "250-tiny\r\n250 8BITMIME",
  DATA: "354 go on",
  QUIT: "221 bye",
  RCPT: "250 yes",
  MAIL: "250 yes",
};

export function smtp(socket) {
  let text = "";
  let inMessage = false;
  socket.write("220 tiny\r\n");
  socket.on("data", (chunk) => {
    text += chunk;
    for (let end = text.indexOf("\r\n"); end !== -1; end = text.indexOf("\r\n")) {
      const line = text.slice(0, end);
      text = text.slice(end + 2);
      if (inMessage && line !== ".") continue;
      if (line.includes("refused@")) socket.write("550 nobody\r\n");
      else if (line.includes("cut@")) socket.destroy();
      else socket.write(`${inMessage ? "250 kept" : (smtpAnswers[line.slice(0, 4).toUpperCase()] ?? "500 what")}\r\n`);
      inMessage = line === "DATA";
      if (line === "QUIT") socket.end();
    }
  });
}
