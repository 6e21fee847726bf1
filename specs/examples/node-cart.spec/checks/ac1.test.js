// Held out: the implementer never sees this file.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { findCoupon } from '../src/index.js';

for (const typed of ['welcome10', 'Welcome10', '  WELCOME10', 'welcome10\n']) {
  it(`finds WELCOME10 for ${JSON.stringify(typed)}`, () => {
    assert.equal(findCoupon(typed)?.code, 'WELCOME10');
  });
}

it('still knows nothing of other codes', () => {
  assert.equal(findCoupon('welcome 10'), null);
  assert.equal(findCoupon(''), null);
});
