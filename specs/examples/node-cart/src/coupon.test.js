import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { applyCoupon, findCoupon } from './coupon.js';

describe('findCoupon', () => {
  it('knows a code', () => {
    assert.equal(findCoupon('WELCOME10')?.percent, 10);
  });

  it('has null for an unknown code', () => {
    assert.equal(findCoupon('NOPE'), null);
  });
});

describe('applyCoupon', () => {
  it('takes a percentage, rounded to cents', () => {
    assert.equal(applyCoupon(995, findCoupon('WELCOME10')), 100);
  });

  it('asks for its minimum', () => {
    assert.equal(applyCoupon(1999, findCoupon('TEATIME')), 0);
    assert.equal(applyCoupon(2000, findCoupon('TEATIME')), 500);
  });

  it('takes a fixed amount', () => {
    assert.equal(applyCoupon(1800, findCoupon('FIVEOFF')), 500);
  });
});
