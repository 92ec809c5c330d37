import type { Scene } from "./scene.js";
import { clientCertificateScenes } from "./scenes-client-certificate.js";
import { proxyScenes } from "./scenes-proxy.js";
import { settingsScenes } from "./scenes-settings.js";
import { targetScenes } from "./scenes-target.js";
import { tlsScenes } from "./scenes-tls.js";

/** All of them, in the order of a path. */
export const scenes: readonly Scene[] = [
  ...settingsScenes,
  ...clientCertificateScenes,
  ...proxyScenes,
  ...tlsScenes,
  ...targetScenes,
];
