import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { labVariables } from "../../lab/index.js";
import { answering } from "../testing/answering.js";
import { open } from "../testing/open.js";
import { diagnose } from "../diagnose.js";
import { renderReport } from "../ladder.js";
import { plain } from "../layout.js";
import { toTarget } from "../parse-target.js";
import { offersPostQuantum } from "../post-quantum.js";
import { runProbes } from "./index.js";
import type { Probed, ProbeName } from "./types.js";
import { standardLab } from "../../../test/support/standard-lab.js";

const lab = await standardLab();
const variables = labVariables(lab, lab.basic);

async function probed(name: ProbeName, url: string, settings?: Record<string, string>): Promise<Probed> {
  const network = await open(lab, settings ?? variables);
  const parsed = new URL(url);
  const [found] = await runProbes([name], {
    url: parsed,
    open: (options) => network.dial(toTarget(parsed), options),
    monotonic: () => performance.now(),
    idle: 60,
    // What holds has come long before.
    patience: settings === undefined ? 5000 : 400,
    signal: undefined,
  });
  if (found === undefined) throw new Error("nothing was looked at");
  return found;
}

const trusting = { NODE_EXTRA_CA_CERTS: lab.files.bundle };
const detailOf = ({ stage }: Probed): string => `${stage.ok ? "+" : "-"} ${stage.detail}`;
const codeOf = ({ warning }: Probed): string | undefined => warning?.code;

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

describe("through a proxy that lets all of it pass", () => {
  it("a stream, a WebSocket, HTTP/2, a large ClientHello and a silent connection hold", async () => {
    expect(detailOf(await probed("stream", `${lab.api.url}/sse?interval=80`))).toMatch(
      /^\+ stream: events come as they are sent: \d/,
    );
    expect(detailOf(await probed("websocket", `${lab.api.url}/ws`))).toBe(
      "+ WebSocket: the upgrade is taken, and a ping is answered",
    );
    expect(detailOf(await probed("http2", lab.api.url))).toBe("+ HTTP/2: agreed on, and answered (200)");
    expect(detailOf(await probed("large-hello", lab.api.url))).toMatch(
      /^\+ large ClientHello: (?:one of two packets passes|passes with post-quantum keys \(X25519MLKEM768\), and without)/,
    );
    expect(detailOf(await probed("idle", lab.api.url))).toBe("+ idle connection: alive after 0.1 s of silence");
  });

  it("what is not there says nothing of the way", async () => {
    expect(detailOf(await probed("stream", `${lab.api.url}/echo`))).toMatch(
      /^\+ stream: the answer is another kind than an event stream/,
    );
    expect(detailOf(await probed("http2", lab.plain.url))).toBe("+ HTTP/2: an http:// URL has none");
    await using server = await answering({ issuer: lab.authorities.intermediate });
    const url = `https://localhost:${server.port}/`;
    expect(detailOf(await probed("websocket", url, trusting))).toMatch(/^\+ WebSocket: the answer is 200/);
    expect(detailOf(await probed("http2", url, trusting))).toMatch(/^\+ HTTP\/2: not spoken there/);
  });

  it("is looked at after the answer, and shown on the ladder in 80 columns", async () => {
    const seen = await diagnose(await open(lab, variables), [lab.api.url], { probes: ["http2", "large-hello"] });
    expect(seen).toMatchObject({ ok: true, warnings: [] });
    const text = renderReport(seen, plain);
    expect(text).toMatch(/✓ http +target .*HTTP\/2: agreed on/);
    expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
    expect(text).toContain("Everything that was checked works.");
  });
});

describe("what does not hold is a warning", () => {
  it("for a stream that is kept back to its end, and for one that never begins", async () => {
    await using server = await answering({ issuer: lab.authorities.intermediate });
    const url = `https://localhost:${server.port}/`;
    server.answer = (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.flushHeaders();
    };
    expect(detailOf(await probed("stream", url, trusting))).toBe("+ stream: held open; no event came within 0.4 s");
    server.answer = () => undefined;
    const silent = await probed("stream", url, trusting);
    expect([detailOf(silent), codeOf(silent)]).toEqual(["- stream: no byte of an event stream came", "STREAM_STALLED"]);
  });

  it("for a WebSocket whose frames get lost, or that is cut", async () => {
    const take = (socket: Socket, then: (key: string) => void): void => {
      socket.on("error", () => undefined);
      socket.once("data", (head) => then(/sec-websocket-key: (.*)\r/i.exec(head.toString())?.[1] ?? ""));
    };
    const { createHash } = await import("node:crypto");
    const accept = (key: string): string =>
      createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    const deaf = createServer((socket) =>
      take(socket, (key) =>
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept(key)}\r\n\r\n`,
        ),
      ),
    );
    const lost = await probed("websocket", `http://localhost:${await listening(deaf)}/`, {});
    expect([detailOf(lost), codeOf(lost)]).toEqual(["- WebSocket: no frame came back", "STREAM_STALLED"]);
    const cutting = createServer((socket) => take(socket, () => socket.destroy()));
    const cut = await probed("websocket", `http://localhost:${await listening(cutting)}/`, {});
    expect([cut.stage.ok, codeOf(cut)]).toEqual([false, "HTTP_CLOSED"]);
    deaf.close();
    cutting.close();
  });

  /** A box that reads the first packet alone, as old firewalls do, and resets what does not end there. */
  async function oldBox(port: number): Promise<Server> {
    const { connect } = await import("node:net");
    return createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", (hello) => {
        if (hello.length > 1200) return void socket.resetAndDestroy();
        const onward = connect(port, "127.0.0.1").on("error", () => undefined);
        onward.write(hello);
        socket.pipe(onward).pipe(socket);
      });
    });
  }

  it("for a ClientHello of two packets that a box cannot read", async () => {
    await using server = await answering({ issuer: lab.authorities.intermediate });
    const box = await oldBox(server.port);
    const url = `https://localhost:${await listening(box)}/`;
    const found = await probed("large-hello", url, trusting);
    expect([found.stage.ok, codeOf(found)]).toEqual([false, "TLS_RESET"]);
    expect(found.warning?.message).toContain("a large ClientHello gets no answer");
    box.close();
  });

  // Node offers post-quantum keys by itself since it has OpenSSL 3.5: then nothing gets through there, and a smaller ClientHello shows why.
  it.runIf(offersPostQuantum())("for the ClientHello of this Node, without being asked to look", async () => {
    await using server = await answering({ issuer: lab.authorities.intermediate });
    const box = await oldBox(server.port);
    const { faults } = await diagnose(await open(lab, trusting), [`https://localhost:${await listening(box)}/`]);
    expect(faults).toMatchObject([{ code: "TLS_RESET", hop: "target" }]);
    expect(faults[0]?.message).toMatch(
      /^the ClientHello of this Node gets no answer from localhost:\d+, and a smaller/,
    );
    box.close();
  });

  it("for a connection that dies in silence; one that is closed is told with its time", async () => {
    const closing = createServer((socket) => void pause(20).then(() => socket.end()));
    const closed = await probed("idle", `http://localhost:${await listening(closing)}/`, {});
    expect(detailOf(closed)).toMatch(/^\+ idle connection: closed (after|within) 0(\.\d)? s of silence/);
    const dead = createServer((socket) => void socket.resume());
    const died = await probed("idle", `http://localhost:${await listening(dead)}/`, {});
    expect([detailOf(died), codeOf(died)]).toEqual(["- idle connection: dead, without a word", "STREAM_STALLED"]);
    closing.close();
    dead.close();
  });
});
