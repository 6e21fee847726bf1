import assert from 'node:assert/strict';
import { it } from 'node:test';
import { compare, parse } from './semver.js';

it('compares by number', () => {
  assert.equal(compare('1.10.0', '1.9.9'), 1);
  assert.equal(compare('0.9.0', '1.0.0'), -1);
});

it('knows equal versions', () => {
  assert.equal(compare('2.1.0', '2.1.0'), 0);
});

it('reads the pre-release', () => {
  assert.deepEqual(parse('1.0.0-rc.1'), { numbers: [1, 0, 0], pre: 'rc.1' });
});

it('refuses text that is no version', () => {
  assert.throws(() => compare('1.0', '1.0.0'), SyntaxError);
});
