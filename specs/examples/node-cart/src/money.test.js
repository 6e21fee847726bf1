import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatCents, roundCents } from './money.js';

describe('roundCents', () => {
  it('rounds half up', () => {
    assert.equal(roundCents(10.5), 11);
    assert.equal(roundCents(10.49), 10);
  });
});

describe('formatCents', () => {
  it('groups thousands', () => {
    assert.equal(formatCents(123456), '1,234.56');
  });

  it('pads cents', () => {
    assert.equal(formatCents(5), '0.05');
  });

  it('keeps the sign', () => {
    assert.equal(formatCents(-199), '-1.99');
  });
});
