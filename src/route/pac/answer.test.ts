import { it } from "vitest";
import { readAnswer, showWay } from "./answer.js";
import { expectMade } from "../../../test/support/expect-made.js";

function read(text: string): string {
  const answer = readAnswer(text);
  return "problem" in answer ? answer.problem : answer.ways.map(showWay).join("; ");
}

it.each([
  ["DIRECT", "DIRECT"],
  ["", "DIRECT"],
  [" ; ", "DIRECT"],
  ["PROXY a:8080", "PROXY a:8080"],
  ["proxy A.Example", "PROXY a.example:80"],
  [
    "PROXY a:8080; HTTPS b; SOCKS5 c; SOCKS d:9; SOCKS4 e; DIRECT",
    "PROXY a:8080; HTTPS b:443; SOCKS5 c:1080; SOCKS5 d:9; SOCKS4 e:1080; DIRECT",
  ],
  ["HTTP a:1;DIRECT;", "PROXY a:1; DIRECT"],
  ["PROXY [2001:db8::1]:8080", "PROXY [2001:db8::1]:8080"],
  ["QUIC q:443; PROXY a:1", "PROXY a:1"],
  ["QUIC q:443", "only QUIC, which sallyport cannot speak"],
  ["PROXY", "PROXY without a host"],
  ["PROXY ; DIRECT", "PROXY without a host"],
  ["PROXY a:99999; DIRECT", "PROXY with something that is not a host and port"],
  ["PROXY u:hunter2@a:1; DIRECT", "PROXY with something that is not a host and port"],
  ["PROXY http://a:1", "PROXY with something that is not a host and port"],
  ["PROXY a:1 b:2", "PROXY with something that is not a host and port"],
  ["DIRECT now", "something that is not a list of proxies"],
  ["[object Object]", "something that is not a list of proxies"],
  ["<html>", "something that is not a list of proxies"],
])("a PAC file's answer %j is read as %s", expectMade(read));
