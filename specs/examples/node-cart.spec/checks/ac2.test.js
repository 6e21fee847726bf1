// Held out: the implementer never sees this file.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { addLine, applyCoupon, createCart, findCoupon, totals } from '../src/index.js';

for (const price of [1, 120, 499]) {
  it(`a fixed coupon takes no more than ${price}`, () => {
    const cart = addLine(createCart(), { sku: 'x', price });
    assert.deepEqual(totals(cart, findCoupon('FIVEOFF')), { subtotal: price, discount: price, shipping: 0, total: 0 });
  });
}

it('takes its whole value where there is enough', () => {
  assert.equal(applyCoupon(501, findCoupon('FIVEOFF')), 500);
});
