// Held out: the implementer never sees this file.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { compare } from '../src/semver.js';

const order = ['1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta', '1.0.0-beta.2', '1.0.0-beta.11', '1.0.0-rc.1', '1.0.0', '1.0.1-a'];
for (const [i, a] of order.entries()) {
  for (const [j, b] of order.entries()) {
    it(`${a} and ${b}`, () => assert.equal(compare(a, b), Math.sign(i - j)));
  }
}
