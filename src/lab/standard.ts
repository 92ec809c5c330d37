import { startLab } from "./lab.js";
import type { Lab, StandardLab } from "./types.js";

/** A lab with a ready-made office: four origins, five proxies, one login for all of them. */
export async function startStandardLab(): Promise<StandardLab> {
  const lab = await startLab();
  try {
    return Object.assign(lab, await furnish(lab));
  } catch (error) {
    await lab.close();
    throw error;
  }
}

type Office = Omit<StandardLab, keyof Lab>;

async function furnish(lab: Lab): Promise<Office> {
  // All that a URL must not hold as it is.
  const login = { username: "alice", password: "p@ss#w%rd" };
  const inspect = { exempt: ["mtls.lab.test"] };
  // One after the other, for the order in `origins` and `proxies`.
  const api = await lab.origin({ name: "api.lab.test" });
  const mtls = await lab.origin({ name: "mtls.lab.test", clientCertificate: "required", minVersion: "TLSv1.3" });
  const inside = await lab.origin({ name: "intranet.inside.test" });
  const plain = await lab.origin({ name: "plain.lab.test", tls: false });
  const basic = await lab.proxy({ name: "basic", login });
  const overTls = await lab.proxy({ name: "over-tls", protocol: "https", login });
  const inspector = await lab.proxy({ name: "inspector", inspect });
  const socks = await lab.proxy({ name: "socks", protocol: "socks", login });
  const strict = await lab.proxy({ name: "strict", protocol: "https", login, inspect });
  return { login, api, mtls, inside, plain, basic, overTls, inspector, socks, strict };
}
