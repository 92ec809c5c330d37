import type { ConnectError } from "../../base/errors.js";
import type { BridgeOptions, McpEra } from "../types.js";
import type { Endpoint } from "./endpoint.js";
import { handshakeId, isModernError } from "./era.js";
import { eraForbidden, notMcp } from "./faults.js";
import { errorIn } from "./call.js";
import { errorCode, faultAnswer, isObject, isResponse, type Request, type Response } from "./json-rpc.js";
import { LegacyOnModern } from "./legacy-on-modern.js";
import { LegacyServer, type Handshake } from "./legacy-server.js";
import { ModernOnLegacy } from "./modern-on-legacy.js";
import { ModernServer } from "./modern-server.js";
import type { Refusal, Server, Surroundings } from "./server.js";
import { SseServer } from "./sse-server.js";

/** A client's first request in one era, and what there is to answer it with. */
export interface Opening {
  readonly era: McpEra;
  readonly request: Request;
  readonly text: string;
  readonly protocol: NonNullable<BridgeOptions["protocol"]>;
  readonly endpoint: Endpoint;
  readonly around: Surroundings;
}

/** What the server made of a request in the modern era. */
type Verdict =
  | { readonly kind: "modern"; readonly answer: Response | undefined }
  | {
      readonly kind: "legacy";
      readonly answer: Response;
      readonly fault: ConnectError | undefined;
      readonly refusal: Refusal | undefined;
    }
  | { readonly kind: "failed"; readonly answer: Response; readonly fault: ConnectError | undefined };

/** Finds out what the server speaks, answers the request, and gives what takes the rest. Undefined: it failed, and that was the answer. */
export function openLane(opening: Opening): Promise<Server | undefined> {
  return opening.era === "legacy" ? openLegacy(opening) : openModern(opening);
}

async function openLegacy(opening: Opening): Promise<Server | undefined> {
  const { request, text, protocol, endpoint, around } = opening;
  if (request.method !== "initialize") {
    // Servers without sessions may well answer.
    const server = new LegacyServer(endpoint, around);
    server.request(request, text);
    return server;
  }
  if (protocol === "modern") return (await discover(opening)) ?? answer(opening, eraForbidden(endpoint.url, "modern"));
  const server = new LegacyServer(endpoint, around);
  const shaken = await server.open(request, text);
  if (shaken.kind === "failed") return give(opening, shaken.answer, shaken.fault);
  if (shaken.kind === "answered" && !meansModern(shaken)) {
    around.sink(shaken.response, shaken.text);
    return shaken.response.result === undefined ? undefined : server;
  }
  return (await fallBack(opening, shaken)) ?? giveUp(opening, shaken);
}

/** What else may be behind the URL: a server of the modern era answers in JSON-RPC, one of HTTP+SSE does not. */
async function fallBack(opening: Opening, shaken: Handshake): Promise<Server | undefined> {
  const { protocol, request, endpoint, around } = opening;
  const mayBeModern = protocol === "auto" && mayFallBack(shaken);
  const isJson =
    shaken.kind === "answered" || (shaken.kind === "refused" && errorIn(shaken.body, request.id) !== undefined);
  if (isJson) return mayBeModern ? discover(opening) : undefined;
  if (!mayFallBack(shaken)) return undefined;
  const sse = await SseServer.open(endpoint, around);
  if (sse !== undefined) {
    sse.request(request, opening.text);
    return sse;
  }
  return mayBeModern ? discover(opening) : undefined;
}

function mayFallBack(shaken: Handshake): boolean {
  if (shaken.kind !== "refused") return true;
  const { status } = shaken.head;
  return status >= 400 && status < 500 && status !== 401 && status !== 403 && status !== 407 && status !== 429;
}

/** Some answer `initialize` with 200 and an error that names the versions of the other era. */
function meansModern({ response: { error } }: Handshake & { readonly kind: "answered" }): boolean {
  return error !== undefined && (isModernError(error) || error.code === errorCode.methodNotFound);
}

async function giveUp(opening: Opening, shaken: Handshake): Promise<undefined> {
  const { request, endpoint } = opening;
  if (shaken.kind === "answered") return give(opening, shaken.response, undefined);
  if (shaken.kind === "failed") return give(opening, shaken.answer, shaken.fault);
  const said = errorIn(shaken.body, request.id);
  if (said === undefined) return answer(opening, notMcp(endpoint.url, shaken.head, shaken.body));
  if (opening.protocol === "legacy" && said.error !== undefined && isModernError(said.error))
    return answer(opening, eraForbidden(endpoint.url, "legacy"));
  return give(opening, said, undefined);
}

/** The way of a legacy client to a server of the modern era. */
async function discover(opening: Opening): Promise<Server | undefined> {
  const { endpoint, around, request } = opening;
  const lane = new LegacyOnModern(endpoint, around, request);
  const probe = lane.discovery();
  const verdict = await tryModern(lane.server, { ...opening, request: probe, text: JSON.stringify(probe) }, false);
  if (verdict.kind === "modern" && verdict.answer?.result !== undefined) {
    lane.begin(verdict.answer.result);
    return lane;
  }
  if (verdict.kind === "failed") return give(opening, { ...verdict.answer, id: request.id }, verdict.fault);
  return undefined;
}

async function openModern(opening: Opening): Promise<Server | undefined> {
  const { request, text, protocol, endpoint, around } = opening;
  if (protocol !== "legacy") {
    const server = new ModernServer(endpoint, around);
    const verdict = await tryModern(server, opening, true);
    if (verdict.kind === "modern") return server;
    const isOver = verdict.kind === "failed" || protocol === "modern";
    if (isOver) return give(opening, verdict.answer, verdict.fault);
  }
  const lane = new ModernOnLegacy(around, request, endpoint.url);
  const handshake = lane.handshake();
  const line = JSON.stringify(handshake);
  const server = new LegacyServer(endpoint, lane.surroundings);
  const shaken = await server.open(handshake, line);
  if (shaken.kind === "failed") return give(opening, { ...shaken.answer, id: request.id }, shaken.fault);
  if (shaken.kind === "answered" && shaken.response.result !== undefined) lane.begin(server, shaken.response.result);
  else {
    const sse = mayFallBack(shaken) ? await SseServer.open(endpoint, lane.surroundings) : undefined;
    if (sse === undefined) return refuseModern(opening, shaken);
    const response = await sse.ask(handshake, line);
    if (response.result === undefined) return give(opening, { ...response, id: request.id }, undefined);
    lane.begin(sse, response.result);
  }
  lane.request(request, text);
  return lane;
}

function refuseModern(opening: Opening, shaken: Handshake): undefined {
  const { request, endpoint } = opening;
  if (shaken.kind === "answered") return give(opening, { ...shaken.response, id: request.id }, undefined);
  if (shaken.kind === "failed") return give(opening, shaken.answer, shaken.fault);
  const said = errorIn(shaken.body, request.id) ?? errorIn(shaken.body, handshakeId);
  if (said === undefined) return answer(opening, notMcp(endpoint.url, shaken.head, shaken.body));
  return opening.protocol === "legacy"
    ? answer(opening, eraForbidden(endpoint.url, "legacy"))
    : give(opening, { ...said, id: request.id }, undefined);
}

/** @param passesOn the answer goes to the sink where the server proves modern */
function tryModern(server: ModernServer, { request, text, around }: Opening, passesOn: boolean): Promise<Verdict> {
  return new Promise((resolve) => {
    let refusal: Refusal | undefined;
    let fault: ConnectError | undefined;
    let isDecided = false;
    server.ask(request, text, {
      refused: (given) => (refusal = given),
      fault: (given) => {
        if (isDecided) around.fault(given);
        else fault = given;
      },
      sink: (message, line, related) => {
        const response = isResponse(message) ? message : undefined;
        if (!isDecided && response !== undefined) {
          if (fault !== undefined && (refusal === undefined || !mayFallBack({ kind: "refused", ...refusal })))
            return resolve({ kind: "failed", answer: response, fault });
          if (soundsLegacy(request, response, refusal))
            return resolve({ kind: "legacy", answer: response, fault, refusal });
        }
        if (!isDecided) resolve({ kind: "modern", answer: response });
        isDecided = true;
        if (passesOn) around.sink(message, line, related);
      },
    });
  });
}

/** Results of the modern era say what they are; its errors have codes of their own, or say that there is no such method. */
function soundsLegacy({ method }: Request, { result, error }: Response, refusal: Refusal | undefined): boolean {
  if (result !== undefined) return !isObject(result) || !("resultType" in result);
  if (error === undefined || isModernError(error)) return false;
  if (refusal !== undefined && !mayFallBack({ kind: "refused", ...refusal })) return false;
  if (method === "server/discover") return true;
  return refusal !== undefined && !(refusal.head.status === 404 && error.code === errorCode.methodNotFound);
}

function answer(opening: Opening, fault: ConnectError): undefined {
  return give(opening, faultAnswer(opening.request.id, fault), fault);
}

function give({ around }: Opening, response: Response, fault: ConnectError | undefined): undefined {
  if (fault !== undefined) around.fault(fault);
  around.sink(response);
  return undefined;
}
