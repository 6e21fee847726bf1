import assert from 'node:assert/strict';
import { it } from 'node:test';
import { shippingFor } from './shipping.js';

it('ships small parcels at the base rate', () => {
  assert.equal(shippingFor(1000, 1200), 390);
});

it('adds a step for every 500 g', () => {
  assert.equal(shippingFor(1001, 1200), 510);
  assert.equal(shippingFor(2000, 1200), 630);
});

it('is free from 50.00 on', () => {
  assert.equal(shippingFor(9000, 5000), 0);
});
