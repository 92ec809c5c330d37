/** A process of a benchmark: does what the one that started it orders, one after another, and ends with it. */
export function serveOrders(orders) {
  process.on("message", ({ order, options }) => {
    orders[order](options).then(
      (result) => process.send({ result }),
      (error) => process.send({ error: error.stack }),
    );
  });
  process.on("disconnect", () => process.exit());
  process.send({ result: "ready" });
}
