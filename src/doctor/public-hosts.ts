import { claudeCodeHosts } from "./claude-code-hosts.js";

/** Beside those of Claude Code: what developers' tools ask every day. */
const others = ["github.com", "api.github.com", "pypi.org", "files.pythonhosted.org", "crates.io", "proxy.golang.org"];

const known: ReadonlySet<string> = new Set([...claudeCodeHosts.map(({ host }) => host), ...others]);

/**
 * Hosts for which public authorities sign, and no company's own: a certificate of such a host that ends at a private root was made on the way,
 * whatever its issuer calls itself.
 */
export const isPublicHost = (host: string): boolean => known.has(host);
