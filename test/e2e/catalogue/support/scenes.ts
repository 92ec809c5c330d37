import { proxyScenes } from "./scenes-proxy.js";
import { settingsScenes } from "./scenes-settings.js";
import { targetScenes } from "./scenes-target.js";
import type { Scene } from "./scene.js";

/** All of them, in the order of a path. */
export const scenes: readonly Scene[] = [...settingsScenes, ...proxyScenes, ...targetScenes];
