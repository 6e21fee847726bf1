import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addLine, createCart, removeLine, setQuantity } from './cart.js';

const tea = { sku: 'tea', price: 450, grams: 100 };
const mug = { sku: 'mug', price: 1290, grams: 350 };

describe('cart', () => {
  it('starts empty', () => {
    assert.deepEqual(createCart().lines, []);
  });

  it('adds to the line of the same product', () => {
    const cart = addLine(addLine(createCart(), tea), tea, 2);
    assert.equal(cart.lines.length, 1);
    assert.equal(cart.lines[0].quantity, 3);
  });

  it('leaves the old cart as it was', () => {
    const before = addLine(createCart(), tea);
    addLine(before, mug);
    assert.equal(before.lines.length, 1);
  });

  it('refuses quantities that are no whole numbers', () => {
    assert.throws(() => addLine(createCart(), tea, 0), RangeError);
    assert.throws(() => setQuantity(addLine(createCart(), tea), 'tea', 1.5), RangeError);
  });

  it('removes a line', () => {
    assert.deepEqual(removeLine(addLine(createCart(), tea), 'tea').lines, []);
  });
});
