/**
 * What the conformance suite starts as the client under test: it hands the scenario on to the test at this port, where the clients are. To
 * load an SDK for each of a hundred scenarios would take a minute of computing.
 */
const [port, url] = process.argv.slice(2);
const { MCP_CONFORMANCE_SCENARIO: scenario, MCP_CONFORMANCE_PROTOCOL_VERSION: version } = process.env;
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? "{}");
const { request } = await import("node:http");
const asking = request({ host: "127.0.0.1", port, method: "POST" }, (answer) => {
  answer.resume();
  process.exitCode = answer.statusCode === 200 ? 0 : 1;
});
asking.end(JSON.stringify({ url, scenario, version, context }));
