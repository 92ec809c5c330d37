// Stands for the machine's own resolver, in every process: the names that HOSTS_KNOWN lists are at 127.0.0.1, and whoever asks for another
// one is told so on stderr, which the comparison looks at. It is loaded after the preload, as what programs load is.
const dns = require("node:dns");
const { syncBuiltinESMExports } = require("node:module");

const known = new Set((process.env.HOSTS_KNOWN ?? "").split(" "));
const { lookup } = dns;
const { lookup: lookupLater } = dns.promises;

const isOwn = (name) => !known.has(name) && name.endsWith(".test");

function unknown(name) {
  process._rawDebug(`the machine's resolver was asked for ${name}`);
  return Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), {
    errno: -3008,
    code: "ENOTFOUND",
    syscall: "getaddrinfo",
    hostname: name,
  });
}

dns.lookup = function (name, options, callback) {
  const done = callback ?? options;
  if (isOwn(name)) return void process.nextTick(() => done(unknown(name)));
  return lookup.call(dns, known.has(name) ? "127.0.0.1" : name, options, callback);
};
dns.promises.lookup = async function (name, options) {
  if (isOwn(name)) throw unknown(name);
  return lookupLater.call(dns.promises, known.has(name) ? "127.0.0.1" : name, options);
};
syncBuiltinESMExports();
