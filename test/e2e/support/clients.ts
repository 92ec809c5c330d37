import http from "node:http";
import https from "node:https";
import { Writable } from "node:stream";
import axios from "axios";
import got from "got";
import ky from "ky";
import nodeFetch from "node-fetch";
import * as undici from "undici";
import type { Network } from "../../../src/clients/index.js";
import type { LabEcho } from "../../../src/lab/index.js";

/** Asks for a URL with one of the HTTP clients from npm, as their manuals say to give them an agent, dispatcher or fetch. */
export type Client = (network: Network, url: string) => Promise<LabEcho>;

export const clients: Readonly<Record<string, Client>> = {
  "network.fetch": async ({ fetch }, url) => (await (await fetch(url)).json()) as LabEcho,
  "the built-in fetch with a dispatcher": async ({ dispatcher }, url) => {
    const response = await fetch(url, { dispatcher } as unknown as RequestInit);
    return (await response.json()) as LabEcho;
  },
  "undici.fetch": async ({ dispatcher }, url) => (await (await undici.fetch(url, { dispatcher })).json()) as LabEcho,
  "undici.request": async ({ dispatcher }, url) =>
    (await (await undici.request(url, { dispatcher })).body.json()) as LabEcho,
  "undici.stream": async ({ dispatcher }, url) => {
    const chunks: Buffer[] = [];
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        chunks.push(chunk);
        done();
      },
    });
    await undici.stream(url, { dispatcher, method: "GET" }, () => sink);
    return JSON.parse(Buffer.concat(chunks).toString()) as LabEcho;
  },
  "node:http and node:https": async (network, url) => {
    const { body } = await nodeRequest(network, url);
    return JSON.parse(body) as LabEcho;
  },
  axios: async (network, url) => {
    // `proxy: false`: axios reads the proxy variables on its own otherwise.
    const { data } = await axios.get<LabEcho>(url, {
      adapter: "http",
      proxy: false,
      httpAgent: network.agents.http,
      httpsAgent: network.agents.https,
    });
    return data;
  },
  got: (network, url) =>
    got(url, {
      agent: network.agents,
      retry: { limit: 0 },
    }).json<LabEcho>(),
  ky: ({ fetch }, url) => ky.get(url, { fetch, retry: 0 }).json<LabEcho>(),
  "node-fetch": async (network, url) => {
    const response = await nodeFetch(url, { agent: ({ protocol }) => agentFor(network, protocol) });
    return (await response.json()) as LabEcho;
  },
};

/** By a URL, or the protocol of one. */
export function agentFor({ agents }: Network, url: string): http.Agent {
  return /^(?:https|wss):/.test(url) ? agents.https : agents.http;
}

export interface NodeAnswer {
  readonly status: number;
  readonly body: string;
  readonly reused: boolean;
}

export function nodeRequest(
  network: Network,
  url: string,
  options: https.RequestOptions & { readonly body?: string } = {},
): Promise<NodeAnswer> {
  const { body: content, ...rest } = options;
  const { request } = url.startsWith("https:") ? https : http;
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent: agentFor(network, url), ...rest }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (body += chunk));
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body, reused: sent.reusedSocket }));
    });
    sent.on("error", reject);
    sent.end(content);
  });
}
