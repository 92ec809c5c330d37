/**
 * What runs in the sandbox's thread: one QuickJS, which holds the helpers and one PAC file. Its own limit ends what runs in steps; some of
 * an engine's functions run for minutes without one, and for these the thread is ended from outside.
 */
export const threadSource = String.raw`
const { parentPort, receiveMessageOnPort, workerData } = require("node:worker_threads");
const { readFileSync } = require("node:fs");
const { pathToFileURL } = require("node:url");
const { performance } = require("node:perf_hooks");
let until = Infinity;
let usedAtStart = 0;
// A busy machine must not count as a slow script: time counts in which this process was at work.
const used = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
const begin = () => { until = performance.now() + workerData.milliseconds; usedAtStart = used(); };
const isOverdue = () => performance.now() >= until && used() - usedAtStart >= workerData.milliseconds;
let known = {};
let needs = [];
let isFull = false;
function told(error) {
  let name = "Error", message = "";
  try { name = String(error.name ?? "Error"); } catch {}
  try { message = String(error.message ?? ""); } catch {}
  const where = /proxy\.pac:(\d+)/.exec(String(error?.stack ?? ""))?.[1];
  const overdue = isOverdue();
  const full = /out of memory|stack size|stack overflow/i.test(message);
  return { problem: overdue ? "time" : full ? "memory" : "error", name, message: message.slice(0, 200), line: where };
}
(async () => {
  const { QuickJS } = await import(pathToFileURL(workerData.engine).href);
  const wasm = await WebAssembly.compile(readFileSync(workerData.wasm));
  const vm = await QuickJS.create({
    wasm,
    memoryLimit: workerData.memory,
    maxStackSize: 256 * 1024,
    interruptHandler: isOverdue,
  });
  const asked = (name) => {
    if (Object.hasOwn(known, name)) return known[name] === null ? vm.null : vm.newString(known[name]);
    if (isFull) return vm.null;
    needs.push(name);
    throw new Error("to be asked again");
  };
  const resolve = vm.newFunction("__resolve", (name) => asked("host " + String(vm.dump(name)).slice(0, 255)));
  vm.setProp(vm.global, "__resolve", resolve);
  const addresses = vm.newFunction("__addresses", () => asked("addresses"));
  vm.setProp(vm.global, "__addresses", addresses);
  vm.evalCode(workerData.helpers, "helpers.js").dispose();
  let find;
  try {
    begin();
    vm.evalCode(workerData.script, "proxy.pac").dispose();
    find = vm.global.getProp("FindProxyForURL");
    if (vm.typeof(find) !== "function") {
      find = undefined;
      parentPort.postMessage({ problem: "missing" });
    }
  } catch (error) {
    parentPort.postMessage(needs.length > 0 ? { problem: "early" } : told(error));
  }
  if (find === undefined) return;
  const answerTo = (question) => {
    known = question.known;
    isFull = question.isFull;
    needs = [];
    begin();
    const url = vm.newString(question.url);
    const host = vm.newString(question.host);
    let answer;
    try {
      const result = vm.callFunction(find, vm.undefined, url, host);
      const type = vm.typeof(result);
      answer = type === "string" ? { text: vm.dump(result) } : { problem: "type", name: type === "object" ? "an object or null" : type };
      result.dispose();
    } catch (error) {
      answer = told(error);
      try { error.handle?.dispose(); } catch {}
    }
    url.dispose();
    host.dispose();
    return needs.length > 0 ? { needs } : answer;
  };
  // A text costs a third of what an object does to hand over, and is the usual answer.
  const post = (id, answer) => parentPort.postMessage("text" in answer ? id + " " + answer.text : { id, ...answer });
  parentPort.postMessage({ ready: true });
  const { shared, places } = workerData;
  const numbers = new Int32Array(shared, 0, places.headBytes / 4);
  const text = Buffer.from(shared, places.headBytes, places.textBytes);
  let taken = 0;
  const answerShared = (id) => {
    taken = id;
    const [url, host] = text.latin1Slice(0, numbers[places.length]).split("\n");
    const answer = answerTo({ url, host, known: {}, isFull: false });
    const isShort = "text" in answer && answer.text.length <= places.textBytes && /^[\n -~]*$/.test(answer.text);
    numbers[places.length] = isShort ? text.latin1Write(answer.text) : -1;
    const isAwaited = Atomics.compareExchange(numbers, places.state, places.asked, places.answered) === places.asked;
    if (!isAwaited || !isShort) post(id, answer);
    if (isAwaited) Atomics.notify(numbers, places.state);
  };
  // Not by events: to wake up an event loop, and to have it make one of each message, takes longer than most scripts.
  for (;;) {
    const count = Atomics.load(numbers, places.questions);
    for (let next; (next = receiveMessageOnPort(parentPort)) !== undefined; ) post(next.message.id, answerTo(next.message));
    const id = Atomics.load(numbers, places.number);
    if (id !== taken) answerShared(id);
    Atomics.wait(numbers, places.questions, count);
  }
})().catch((error) => parentPort.postMessage({ problem: "engine", name: error.name, message: String(error.message).slice(0, 200) }));
`;
