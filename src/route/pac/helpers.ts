/**
 * The functions that PAC files may call, as a script for the sandbox. What they mean was never standardized: this follows Netscape's
 * description and, where that is silent, what browsers do. `__resolve` and `__addresses` come from outside: they give text or null.
 */
export const pacHelpers = String.raw`"use strict";
(function (global) {
  var resolve = global.__resolve, addresses = global.__addresses;
  delete global.__resolve; delete global.__addresses;
  // Most time goes into what scripts ask many times over: one host, and the same few domains and patterns for each.
  var patterns = new Map(), lowers = new Map(), lastHost, lastLower;
  function pattern(shell) {
    var known = patterns.get(shell);
    if (known !== undefined) return known;
    var text = shell.replace(/[.+^$(){}|\\\[\]\/]/g, "\\$&").replace(/\*+/g, "[^]*").replace(/\?/g, "[^]");
    known = { end: /^\*[^*?]*$/.test(shell) ? shell.slice(1) : undefined, whole: new RegExp("^" + text + "$") };
    if (patterns.size > 2000) patterns.clear();
    patterns.set(shell, known);
    return known;
  }
  function lowerHost(host) {
    if (host === lastHost) return lastLower;
    lastLower = host.toLowerCase();
    lastHost = host;
    return lastLower;
  }
  function lower(text) {
    var known = lowers.get(text);
    if (known !== undefined) return known;
    if (lowers.size > 2000) lowers.clear();
    lowers.set(text, text.toLowerCase());
    return text.toLowerCase();
  }
  function ipv4(text) {
    var parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
    if (parts === null) return undefined;
    var value = 0;
    for (var i = 1; i <= 4; i++) {
      var part = Number(parts[i]);
      if (part > 255) return undefined;
      value = value * 256 + part;
    }
    return value;
  }
  function bits(text) {
    var four = ipv4(text);
    if (four !== undefined) return four.toString(2).padStart(32, "0");
    if (text.indexOf(":") < 0 || /[^0-9a-f:.]/i.test(text)) return undefined;
    var tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
    if (tail !== null) {
      var low = ipv4(tail[2]);
      if (low === undefined) return undefined;
      text = tail[1] + Math.floor(low / 65536).toString(16) + ":" + (low % 65536).toString(16);
    }
    var halves = text.split("::");
    if (halves.length > 2) return undefined;
    var head = halves[0] === "" ? [] : halves[0].split(":");
    var end = halves.length < 2 || halves[1] === "" ? [] : halves[1].split(":");
    var gap = 8 - head.length - end.length;
    if (halves.length === 2 ? gap < 1 : gap !== 0) return undefined;
    var all = head.concat(new Array(gap).fill("0"), end), out = "";
    for (var i = 0; i < 8; i++) {
      if (!/^[0-9a-f]{1,4}$/i.test(all[i])) return undefined;
      out += parseInt(all[i], 16).toString(2).padStart(16, "0");
    }
    return out;
  }
  var days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
  var months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
  function clock(args) {
    var gmt = args.length > 0 && args[args.length - 1] === "GMT";
    var now = new Date(), get = function (name) { return now[(gmt ? "getUTC" : "get") + name](); };
    return { get: get, args: gmt ? args.slice(0, -1) : args };
  }
  function within(from, value, to) {
    return from <= to ? from <= value && value <= to : value >= from || value <= to;
  }
  function order(values) { return values.reduce(function (sum, value) { return sum * 10000 + value; }, 0); }
  var functions = {
    isPlainHostName: function (host) { host = String(host); return host.indexOf(".") < 0 && host.indexOf(":") < 0; },
    dnsDomainIs: function (host, domain) { return lowerHost(String(host)).endsWith(lower(String(domain))); },
    localHostOrDomainIs: function (host, full) {
      host = String(host).toLowerCase(); full = String(full).toLowerCase();
      return host === full || (host.indexOf(".") < 0 && full.startsWith(host + "."));
    },
    isResolvable: function (host) { return functions.dnsResolve(host) !== null; },
    isInNet: function (host, network, mask) {
      var address = ipv4(host), net = ipv4(network), wanted = ipv4(mask);
      if (net === undefined || wanted === undefined) return false;
      if (address === undefined) {
        var found = functions.dnsResolve(host);
        if (found === null) return false;
        address = ipv4(found);
        if (address === undefined) return false;
      }
      return ((address & wanted) >>> 0) === ((net & wanted) >>> 0);
    },
    dnsResolve: function (host) {
      host = String(host);
      if (ipv4(host) !== undefined) return host;
      var all = resolve(host);
      if (all === null) return null;
      var first = all.split(";").find(function (text) { return ipv4(text) !== undefined; });
      return first === undefined ? null : first;
    },
    convert_addr: function (text) { var value = ipv4(String(text)); return value === undefined ? 0 : value | 0; },
    myIpAddress: function () {
      var all = addresses().split(";");
      return all.find(function (text) { return ipv4(text) !== undefined; }) || all[0] || "127.0.0.1";
    },
    dnsDomainLevels: function (host) { return String(host).split(".").length - 1; },
    shExpMatch: function (text, shell) {
      var known = pattern(String(shell));
      return known.end === undefined ? known.whole.test(String(text)) : String(text).endsWith(known.end);
    },
    weekdayRange: function () {
      var asked = clock(Array.prototype.slice.call(arguments)), today = asked.get("Day");
      var from = days.indexOf(asked.args[0]), to = asked.args.length > 1 ? days.indexOf(asked.args[1]) : from;
      return from >= 0 && to >= 0 && within(from, today, to);
    },
    dateRange: function () {
      var asked = clock(Array.prototype.slice.call(arguments)), args = asked.args;
      if (args.length === 0 || args.length > 6) return false;
      var kinds = args.map(function (arg) {
        if (typeof arg === "string") return months.indexOf(arg) < 0 ? "?" : "m";
        return arg > 31 ? "y" : "d";
      });
      var now = { y: asked.get("FullYear"), m: asked.get("Month"), d: asked.get("Date") };
      var value = function (index) { return kinds[index] === "m" ? months.indexOf(args[index]) : args[index]; };
      if (kinds.indexOf("?") >= 0) return false;
      var half = args.length / 2, twice = args.length > 1 && args.length % 2 === 0;
      for (var i = 0; twice && i < half; i++) twice = kinds[i] === kinds[i + half];
      if (!twice) {
        for (var j = 0; j < args.length; j++) if (value(j) !== now[kinds[j]]) return false;
        return true;
      }
      var from = [], current = [], to = [];
      ["y", "m", "d"].forEach(function (kind) {
        var at = kinds.indexOf(kind);
        if (at < 0) return;
        from.push(value(at)); current.push(now[kind]); to.push(value(at + half));
      });
      return within(order(from), order(current), order(to));
    },
    timeRange: function () {
      var asked = clock(Array.prototype.slice.call(arguments)), args = asked.args.map(Number);
      if (args.some(isNaN)) return false;
      var seconds = asked.get("Hours") * 3600 + asked.get("Minutes") * 60 + asked.get("Seconds");
      var at = function (h, m, s) { return h * 3600 + m * 60 + s; };
      switch (args.length) {
        case 1: return asked.get("Hours") === args[0];
        case 2: return args[0] <= args[1]
          ? at(args[0], 0, 0) <= seconds && seconds < at(args[1], 0, 0)
          : seconds >= at(args[0], 0, 0) || seconds < at(args[1], 0, 0);
        case 4: return within(at(args[0], args[1], 0), seconds, at(args[2], args[3], 59));
        case 6: return within(at(args[0], args[1], args[2]), seconds, at(args[3], args[4], args[5]));
        default: return false;
      }
    },
    alert: function () {},
    isResolvableEx: function (host) { return functions.dnsResolveEx(host) !== ""; },
    dnsResolveEx: function (host) {
      host = String(host);
      return bits(host) !== undefined ? host : resolve(host) || "";
    },
    myIpAddressEx: function () { return addresses(); },
    isInNetEx: function (host, prefix) {
      var parts = String(prefix).split("/"), net = bits(parts[0]), length = Number(parts[1]);
      if (net === undefined || !(length >= 0 && length <= net.length)) return false;
      return functions.dnsResolveEx(host).split(";").some(function (text) {
        var address = bits(text);
        return address !== undefined && address.length === net.length && address.slice(0, length) === net.slice(0, length);
      });
    },
    sortIpAddressList: function (list) {
      var all = String(list).split(";").map(function (text) { return text.trim(); });
      if (all.some(function (text) { return bits(text) === undefined; })) return "";
      var weight = function (text) { return bits(text).length === 32 ? 1 : 0; };
      return all.sort(function (a, b) {
        return weight(a) - weight(b) || (bits(a) < bits(b) ? -1 : bits(a) > bits(b) ? 1 : 0);
      }).join(";");
    },
    getClientVersion: function () { return "1.0"; },
  };
  Object.keys(functions).forEach(function (name) { global[name] = functions[name]; });
})(globalThis);
`;
