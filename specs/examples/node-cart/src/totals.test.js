import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addLine, createCart } from './cart.js';
import { findCoupon } from './coupon.js';
import { totals } from './totals.js';

const tea = { sku: 'tea', price: 450, grams: 100 };

describe('totals', () => {
  it('are all zero for an empty cart', () => {
    assert.deepEqual(totals(createCart()), { subtotal: 0, discount: 0, shipping: 0, total: 0 });
  });

  it('add up', () => {
    const cart = addLine(createCart(), tea, 4);
    assert.deepEqual(totals(cart, findCoupon('WELCOME10')), {
      subtotal: 1800,
      discount: 180,
      shipping: 390,
      total: 2010,
    });
  });
});
