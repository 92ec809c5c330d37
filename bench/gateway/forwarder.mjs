/**
 * One forwarder in a process of its own: its memory and its CPU time are its alone. Says by its first message how it is
 * reached, and answers `usage` with what it has used.
 */
import { forwarders } from "./forwarders.mjs";

const { name, way, site } = JSON.parse(process.argv[2]);

process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send({ result: { cpu: user + system, rss: process.memoryUsage.rss() } });
});
process.on("disconnect", () => process.exit());

try {
  process.send(await forwarders[name][way](site, way));
} catch (error) {
  process.send({ error: error.stack });
}
