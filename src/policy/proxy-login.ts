import { showAs } from "../base/show-as.js";
import type { ProxyLogin, SecretRef } from "./types.js";

/** A login that is not shown: tokens are passed as user names as well as passwords. */
export function proxyLogin(username: string, password: SecretRef): ProxyLogin {
  return showAs({ username, password }, () => "[login]");
}
