/**
 * What runs in the browser. It loads the page again every other second and takes over the differences, element by element, so
 * that scroll position, focus, selection and opened details stay. An own string and not a function of ours: a bundler or a
 * coverage tool would change it, and its hash stands in the policy.
 *
 * The answer is parsed by XMLHttpRequest, which gives a document in which nothing runs: no string ever becomes markup in this
 * page (`require-trusted-types-for 'script'` forbids it).
 */
export const script = `"use strict";
(() => {
  const interval = 2000;
  const quiet = 10000;
  const byId = (id) => document.getElementById(id);
  const pause = byId("pause");
  const notice = byId("notice");
  let timer;
  let paused = false;
  let over = false;
  let answered = new Date();
  let spokenAt = Date.now();

  const load = () =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("GET", "/");
      request.responseType = "document";
      request.timeout = 10000;
      request.onload = () => resolve(request);
      request.onerror = request.ontimeout = reject;
      request.send();
    });

  const keyOf = (node) => (node.dataset ? node.dataset.key : undefined);

  const morph = (old, fresh) => {
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
      return;
    }
    for (const { name, value } of fresh.attributes) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    for (const { name } of [...old.attributes]) {
      // What the reader has opened stays open.
      if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
    }
    morphChildren(old, fresh);
  };

  const drop = (node) => {
    const next = node.nextSibling;
    node.remove();
    return next;
  };

  // What is gone goes first: then what stays is in the right order already, and keeps its focus.
  const morphChildren = (old, fresh) => {
    const wanted = new Set([...fresh.children].map(keyOf));
    for (const child of [...old.children]) {
      if (keyOf(child) !== undefined && !wanted.has(keyOf(child))) child.remove();
    }
    const kept = new Map([...old.children].map((child) => [keyOf(child), child]));
    let at = old.firstChild;
    for (const want of [...fresh.childNodes]) {
      const key = keyOf(want);
      const have = key === undefined ? (at && !keyOf(at) && at.nodeName === want.nodeName ? at : undefined) : kept.get(key);
      if (have === undefined) {
        old.insertBefore(document.importNode(want, true), at);
        continue;
      }
      // The white space round what is gone: to step over it would be to move what follows.
      while (at && at !== have && key !== undefined && keyOf(at) === undefined) at = drop(at);
      if (have === at) at = at.nextSibling;
      else old.insertBefore(have, at);
      morph(have, want);
    }
    while (at) at = drop(at);
  };

  const show = (fresh) => {
    document.title = fresh.title;
    morph(byId("masthead"), fresh.getElementById("masthead"));
    morph(document.querySelector("main"), fresh.querySelector("main"));
    const words = fresh.getElementById("spoken").textContent;
    const spoken = byId("spoken");
    if (spoken.textContent !== words && Date.now() - spokenAt >= quiet) {
      spoken.textContent = words;
      spokenAt = Date.now();
    }
  };

  const tell = (words) => {
    if (notice.textContent !== words) notice.textContent = words;
    notice.hidden = words === "";
  };

  const refresh = async () => {
    clearTimeout(timer);
    if (paused || over || document.hidden) return;
    const asked = performance.now();
    let took = 0;
    try {
      const { status, response } = await load();
      took = performance.now() - asked;
      if (status === 401 || status === 403 || status === 421) {
        over = true;
        tell("The gateway was started again: open the address that it printed. What is shown here is the last state of the one before.");
        return;
      }
      if (status !== 200 || !response || !response.getElementById("masthead")) throw new Error("no page");
      answered = new Date();
      tell("");
      if (!paused) show(response);
    } catch {
      tell("No answer from the gateway since " + answered.toLocaleTimeString() + ". What is shown here is its last state.");
    }
    clearTimeout(timer);
    // A page that takes long to make is asked for less often: the gateway has better things to do.
    timer = setTimeout(refresh, Math.max(interval, 20 * took));
  };

  pause.addEventListener("click", () => {
    paused = !paused;
    pause.textContent = paused ? "Resume" : "Pause";
    document.body.classList.toggle("paused", paused);
    refresh();
  });
  document.addEventListener("visibilitychange", refresh);
  pause.hidden = false;
  timer = setTimeout(refresh, interval);
})();
`;
