// OpenTelemetry: its spans, and the header by which a trace goes on at the server.
import { createRequire } from "node:module";
import { askEach, loadWatched } from "../asked.mjs";

export const needs = { alone: true };

export async function program({ urls, say }) {
  const require = createRequire(import.meta.url);
  const { NodeTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } = require("@opentelemetry/sdk-trace-node");
  const { registerInstrumentations } = require("@opentelemetry/instrumentation");
  const { HttpInstrumentation } = require("@opentelemetry/instrumentation-http");
  const { UndiciInstrumentation } = require("@opentelemetry/instrumentation-undici");
  const exporter = new InMemorySpanExporter();
  const tracerProvider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  tracerProvider.register();
  registerInstrumentations({
    instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation()],
    tracerProvider,
  });
  loadWatched(require);
  await askEach(urls, say);
  for (const { name, kind, attributes, status, events } of exporter.getFinishedSpans()) {
    const {
      "net.peer.port": old,
      "network.peer.port": port = old,
      "network.peer.address": _address,
      ...others
    } = attributes;
    say("span", [name, kind, Object.entries(others).map(String), status, events.length]);
    say("port", port ?? null);
  }
}
