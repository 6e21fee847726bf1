import assert from "node:assert/strict";
import fc from "fast-check";
import { trainOrder, withoutCar } from "./order.ts";

const car = (id: string, ...after: string[]) => ({ id, after });
const ids = (result: ReturnType<typeof trainOrder>) =>
  result.ok ? result.value.map(({ id }) => id).join(" ") : result.error.message;

Deno.test("each stands after all that it stands on; what cannot be a train says why and what to do", () => {
  assert.equal(ids(trainOrder([car("c", "b"), car("b", "a"), car("a")])), "a b c");
  assert.match(ids(trainOrder([car("a"), car("a")])), /a is there twice/);
  assert.match(ids(trainOrder([car("a", "z")])), /a stands on z, which is not in it/);
  const circle = trainOrder([car("a", "c"), car("b", "a"), car("c", "b")]);
  assert.match(ids(circle), /goes in a circle: a -> c -> b -> a/);
  assert.ok(!circle.ok && circle.error.remedy);
});

Deno.test("without one of them what stood on it stands on what it stood on, and there is still an order", () => {
  const cars = [car("a"), car("b", "a"), car("c", "b", "a"), car("d", "c")];
  assert.deepEqual(withoutCar(cars, "b"), [car("a"), car("c", "a"), car("d", "c")]);
  // Each stands on some of those before it: never a circle, whatever is taken out.
  const trains = fc.array(fc.array(fc.nat(20), { maxLength: 4 }), { minLength: 1, maxLength: 12 }).map((
    all,
  ) =>
    all.map((after, at) => car(`c${at}`, ...new Set(after.filter((one) => one < at).map((one) => `c${one}`))))
  );
  fc.assert(fc.property(trains, fc.nat(11), (cars, gone) => {
    const left = withoutCar(cars, `c${gone}`);
    const ordered = trainOrder(left);
    assert.ok(ordered.ok);
    const done = new Set<string>();
    for (const { id, after } of ordered.value) {
      assert.ok(after.every((one) => done.has(one)), id);
      done.add(id);
    }
  }));
});
