// vite's development server: asked on this machine, with a plugin that asks a server, a path that it hands on to one, and its WebSocket.
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import WebSocket from "ws";

export const needs = { alone: true };

export async function program({ urls, say }) {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "vite-")));
  try {
    await mkdir(join(folder, "src"));
    await writeFile(join(folder, "index.html"), `<script type="module" src="/src/main.js"></script>`);
    await writeFile(join(folder, "src/main.js"), `import told from "asked:it";\nconsole.log(told);\n`);
    const { createServer } = await import("vite");
    const server = await createServer(settings(folder, urls));
    await server.listen();
    try {
      await askEach(`127.0.0.1:${server.httpServer.address().port}`, say);
    } finally {
      await server.close();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

const settings = (root, urls) => ({
  root,
  configFile: false,
  logLevel: "error",
  cacheDir: join(root, "cache"),
  optimizeDeps: { noDiscovery: true },
  plugins: [
    {
      name: "asked",
      resolveId: (id) => (id === "asked:it" ? `\0${id}` : undefined),
      async load(id) {
        if (id !== "\0asked:it") return undefined;
        const response = await fetch(`${urls.secure}/echo?plugin`);
        return `export default ${await response.text()}`;
      },
    },
  ],
  server: {
    host: "127.0.0.1",
    port: 0,
    // What it asks by itself comes at any time.
    preTransformRequests: false,
    // Nothing there changes.
    watch: null,
    proxy: {
      "/handed-on": { target: urls.secure, changeOrigin: true },
      "/plain": { target: urls.plain, changeOrigin: true, ws: true },
    },
  },
});

async function askEach(host, say) {
  for (const path of [
    "",
    "src/main.js",
    "@id/__x00__asked:it",
    "handed-on/teapot",
    "handed-on/hang-up",
    "plain/echo",
    "none",
  ]) {
    const response = await fetch(`http://${host}/${path}`, { headers: { accept: "text/html, */*" } });
    const { status, headers } = response;
    const text = (await response.text()).replaceAll(/\?t=\d+|\bhost.*/g, "");
    say(`fetch: /${path}`, [status, headers.get("content-type"), text]);
    say(`node:http: /${path}`, await requested(`http://${host}/${path}`));
  }
  say("a WebSocket that is handed on", await talked(`ws://${host}/plain/socket`));
}

function requested(url) {
  return new Promise((resolve, reject) => {
    const answered = (response) => resolve([response.resume().statusCode, Object.keys(response.headers)]);
    http.get(url, { agent: false }, answered).on("error", reject);
  });
}

function talked(url) {
  return new Promise((resolve) => {
    const socket = new WebSocket(url);
    socket.on("open", () => socket.send("hello"));
    socket.on("error", ({ code, message }) => resolve([code, message]));
    socket.on("message", (data) => {
      socket.close();
      socket.on("close", (code) => resolve([data.length, code]));
    });
  });
}
